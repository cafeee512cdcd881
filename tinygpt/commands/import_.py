"""tinygpt import：读入 transformers 的 GPT-2。（import 是 Python 的关键字，所以文件名带一个下划线。）"""

from tinygpt.checkpoint import require_absent
from tinygpt.commands.arguments import path
from tinygpt.hub import huggingface
from tinygpt.pretrained import load

HELP = "读入 transformers 的 GPT-2"
DESCRIPTION = (
    "把 transformers 存下的 GPT-2（config.json、model.safetensors、分词器）变成 tinygpt 的模型文件夹。"
    "--download 从 Hugging Face Hub 下载；镜像由环境变量 HF_ENDPOINT 指定。"
)


def add_arguments(parser) -> None:
    source = "GPT-2 的文件夹；加上 --download 时，是 Hub 上的名字，如 gpt2"
    parser.add_argument("source", metavar="FROM", help=source)
    parser.add_argument("out", type=path, metavar="DIR", help="写到哪个新的文件夹")
    parser.add_argument("--download", action="store_true", help="先从 Hub 下载（要联网）")


def run(args) -> int:
    require_absent(args.out)
    source = huggingface.download(args.source) if args.download else args.source
    huggingface.import_folder(source, args.out)
    model, tokenizer = load(args.out)
    count = model.parameter_count()["合计"]
    print(f"已写到 {args.out}：{count:,} 个参数，{tokenizer.kind} 分词器，词表 {tokenizer.vocab_size}")
    print(f"运行：tinygpt generate 一个开头 --model {args.out}")
    return 0
