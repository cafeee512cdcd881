"""忘了多少：预训练的几种文字上，每字多少比特。一种文字一个数，微调前后各量一次，相减就是忘掉的。"""

from functools import cache
from itertools import islice

from tinygpt import corpus
from tinygpt.corpus.stories import stories
from tinygpt.corpus.talk import talk
from tinygpt.corpus.world import World
from tinygpt.probes.bits import evaluate_text
from tinygpt.text import Passage

SEED = 123  # 与训练、验证、考题的种子都不同


@cache
def texts(count: int = 30) -> dict[str, list[Passage]]:
    """四种文字，各 count 篇；前三种另外写，日常取手写的验证部分。"""
    everyday = (d for d in corpus.documents("validation") if d.source == "日常")
    written = {
        "小故事": stories(SEED, count, plain=True), "小世界": World.load().documents(SEED, n_documents=count),
        "聊天": talk(SEED, n_documents=count), "日常": islice(everyday, count),
    }  # fmt: skip
    talks = "聊天"
    return {name: [Passage(d.text, name, chat=name == talks) for d in some] for name, some in written.items()}


def bits(model, tokenizer, count: int = 30) -> dict[str, float]:
    """{文字: 每字比特}。"""
    found = texts(count).items()
    return {name: evaluate_text(model, tokenizer, some)["bits_per_character"] for name, some in found}
