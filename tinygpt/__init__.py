"""tinygpt：一个小而完整的 GPT，每个文件像一章书。

    from tinygpt import load, complete
    model, tokenizer = load("mini")
    print(complete(model, tokenizer, "机器学习是"))
"""

__version__ = "0.1.0"

from tinygpt import startup, memory, threads  # noqa: F401, I001 须在 torch 之前
from tinygpt.cache import KVCache
from tinygpt.chat import Conversation, reply
from tinygpt.config import PRESETS, GPTConfig, TrainConfig, preset
from tinygpt.errors import InputError
from tinygpt.evaluation import evaluate
from tinygpt.gpt import GPT
from tinygpt.metrics import Metrics
from tinygpt.pretrained import load
from tinygpt.sampling import Sampling, complete, generate, sample_next_token, stream_text
from tinygpt.tokenizer import Tokenizer
from tinygpt.trainer import Trainer

__all__ = [
    "Conversation", "GPT", "GPTConfig", "InputError", "KVCache", "Metrics", "PRESETS", "Sampling",
    "Tokenizer", "TrainConfig", "Trainer", "complete", "evaluate", "generate", "load", "preset", "reply",
    "sample_next_token", "stream_text",
]  # fmt: skip
