"""tinygpt evaluate：在一些文字上评估。"""

from tinygpt.commands.arguments import data_arguments, model_arguments, source_of
from tinygpt.commands.output import note, print_json, print_notes
from tinygpt.device import pick_device
from tinygpt.pretrained import load
from tinygpt.probes.bits import evaluate_text

HELP, DESCRIPTION = "在一些文字上评估", "每 token 损失、困惑度、每字节比特、每字符比特。"


def add_arguments(parser) -> None:
    model_arguments(parser)
    data_arguments(parser)
    parts = ["all", "train", "validation", "test"]
    help = "只用文档自带划分里的这一部分（默认 all）"
    parser.add_argument("--split", choices=parts, default="all", help=help)


def run(args) -> int:
    device = pick_device(args.device)
    model, tokenizer = load(args.model, device)
    source = source_of(args)
    chosen = (p for p in source.passages() if args.split in ("all", p.split))
    result = evaluate_text(model, tokenizer, chosen)
    print_notes(source)
    if result["unknown"]:
        why = f"有 {result['unknown']:,} 个字模型没见过，都读作同一个 <unk>"
        note(f"{why}：猜中 <unk> 不算本事，困惑度因此偏低，不能与别的模型比")
    if args.json:
        print_json(result)
    else:
        r = result
        print(f"token {r['tokens']:,} 个，窗口 {r['windows']:,} 个，字符 {r['characters']:,} 个")
        print(f"每 token 损失 {r['loss']:.4f} nat，困惑度 {r['perplexity']:.2f}")
        print(f"每字节 {r['bits_per_byte']:.4f} 比特，每字符 {r['bits_per_character']:.4f} 比特")
    return 0
