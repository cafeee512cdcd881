"""tinygpt export：把模型写成别的程序能用的格式。"""

from pathlib import Path

from tinygpt.checkpoint import require_absent
from tinygpt.commands.arguments import model_argument, path
from tinygpt.hub import huggingface, program
from tinygpt.pretrained import load

HELP = "写成别的程序能用的格式"
DESCRIPTION = "hf：transformers 能打开的文件夹。numpy：一个只用 numpy 的程序，和旁边的一个权重文件。"
MEGABYTE = 2**20


def add_arguments(parser) -> None:
    where = "写到哪里：hf 是一个新的文件夹，numpy 是一个新的 .py 文件"
    parser.add_argument("out", type=path, metavar="OUT", help=where)
    parser.add_argument("--to", required=True, choices=["hf", "numpy"], help="格式")
    model_argument(parser)


def run(args) -> int:
    require_absent(args.out)
    model, tokenizer = load(args.model)
    if args.to == "numpy":
        data = program.export_program(model, tokenizer, args.out)
        print(f"程序在 {args.out}，权重在 {data}（{data.stat().st_size / MEGABYTE:.1f} MB）")
        print(f"运行：python {args.out} 机器学习是")
        return 0
    huggingface.export_folder(model, tokenizer, args.out)
    size = sum(file.stat().st_size for file in Path(args.out).iterdir())
    print(f"已写到 {args.out}（{size / MEGABYTE:.1f} MB）。用 transformers 打开：")
    for kind in ("AutoModelForCausalLM", "AutoTokenizer"):
        print(f'  {kind}.from_pretrained("{args.out}")')
    return 0
