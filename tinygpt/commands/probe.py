"""tinygpt probe：一个小模型话说得怎样、事记得怎样。"""

from pathlib import Path

from tinygpt.commands.arguments import data_arguments, model_arguments, seed_argument, source_of
from tinygpt.commands.output import print_json
from tinygpt.device import pick_device
from tinygpt.errors import require
from tinygpt.pretrained import load, model_folder, run_record
from tinygpt.probes import PROBES, as_dict, probe, report
from tinygpt.probes.bench import Bench, check_names

HELP = "考一考模型：前后一致、知识、体裁、照抄"
DESCRIPTION = f"探查有：{'、'.join(PROBES)}。每个数旁边是乱猜的水平与题数；不同出处的数不合在一起。"


def add_arguments(parser) -> None:
    model_arguments(parser)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="只考这几项")
    parser.add_argument("--count", type=int, default=100, help="一个数最多用多少道题（默认 100）")
    seed_argument(parser, "选题与抽样的种子（默认 0）", default=0)
    parser.add_argument("--samples", metavar="FILE", help="把 60 个提示的续写写成 Markdown，请人判断")
    parser.add_argument("--mixture", metavar="NAME", help="故事照哪一种搭配出题（默认：训练它的那一种）")
    data_arguments(parser, "训练用过的文字，“照抄”拿它来比；不给就用附带的文字")


def run(args) -> int:
    require(args.count >= 1, f"--count {args.count}", "至少为 1", "给一个正整数")
    check_names(args.only or (), PROBES)
    folder = Path(args.samples or ".").parent
    require(folder.is_dir(), f"没有文件夹 {folder}", "--samples 所在的文件夹已经在", "先建好文件夹")
    args.mixture = args.mixture or run_record(model_folder(args.model)).get("mixture") or "release"
    source = source_of(args)
    training = lambda: (p.text for p in source.passages() if p.split != "validation")
    model, tokenizer = load(args.model, pick_device(args.device))
    own, expected = tokenizer.id("<chat>") is not None, "用 tinygpt 的分词器训练的模型"
    require(own, "这个模型的词表里没有 <chat>：它是读入的 GPT-2", expected, "用 tinygpt evaluate 评估它")
    bench = Bench(model, tokenizer, args.count, args.seed, training, args.mixture)
    figures = []
    if not args.json:
        print(f"故事的题照 {args.mixture} 搭配出")
        print(report.HEADER)
    for figure in probe(bench, args.only):
        figures.append(figure)
        if not args.json:
            print(report.row(figure), flush=True)
    if args.samples:
        report.write_samples(bench, args.samples)
    if args.json:
        chosen = {"model": args.model, "mixture": args.mixture, "seed": args.seed, "count": args.count}
        print_json(chosen | {"probes": as_dict(figures)})
    return 0
