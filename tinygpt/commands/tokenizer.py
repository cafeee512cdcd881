"""tinygpt tokenizer train、show：训练分词器；看一段文字怎样切开。"""

from pathlib import Path

from tinygpt import corpus
from tinygpt.byte_level import load_tokenizer
from tinygpt.checkpoint import atomic
from tinygpt.commands.arguments import data_arguments, json_argument, path, source_of
from tinygpt.commands.output import as_typed, print_json, print_notes
from tinygpt.errors import require
from tinygpt.tokenizer import Tokenizer

HELP = DESCRIPTION = "训练或查看分词器"


def add_arguments(parser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="动作")
    train = actions.add_parser("train", help="训练一个 BPE 分词器")
    data_arguments(train)
    train.add_argument("--out", type=path, required=True, metavar="FILE", help="写到哪个文件")
    train.add_argument("--vocab-size", type=int, default=4096, help="词表大小（默认 4096）")
    place = "训练之后让某个 token 换到某个编号，如 机器学习=1256"
    train.add_argument("--place", nargs="*", default=[], metavar="TOKEN=ID", help=place)
    train.add_argument("--overwrite", action="store_true", help="文件已存在时覆盖它")
    json_argument(train)
    show = actions.add_parser("show", help="看一段文字怎样切开")
    show.add_argument("text", type=as_typed, metavar="TEXT", help="要切的文字")
    show.add_argument("--tokenizer", type=path, metavar="FILE", help="分词器文件；不给就用附带的")
    json_argument(show)


def run(args) -> int:
    return _train(args) if args.action == "train" else _show(args)


def _train(args) -> int:
    out = Path(args.out)
    free = args.overwrite or not out.exists()
    require(free, f"{out} 已经存在", "一个新的文件名", "换一个名字，或加 --overwrite")
    places = {}
    for item in args.place:
        token, _, id = item.rpartition("=")
        require(token and id.isdigit(), f"--place {item}", "TOKEN=ID，如 机器学习=1256", "改正写法")
        places[token] = int(id)
    source = source_of(args)
    trained = Tokenizer.train_bpe(source.training_texts(), args.vocab_size, pattern=source.pattern)
    print_notes(source)
    trained = trained.with_ids(places)
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic(out) as temporary:
        trained.save(temporary)
    result = {"out": str(out), "vocab_size": trained.vocab_size, "fingerprint": trained.fingerprint}
    print_json(result) if args.json else print(f"分词器已存到 {out}：词表 {trained.vocab_size}")
    return 0


def _show(args) -> int:
    some = args.tokenizer or corpus.TOKENIZER.exists()
    require(some, "没有附带的分词器", "--tokenizer FILE", "用 tinygpt tokenizer train 训练一个")
    shown = load_tokenizer(args.tokenizer or corpus.TOKENIZER)
    ids = shown.encode(args.text)
    if args.json:
        print_json({"text": args.text, "ids": ids, "tokens": [shown.token(i) for i in ids]})
        return 0
    print(" ".join(f"{shown.token(i)!r}" for i in ids))
    print(ids)
    print(f"{len(args.text)} 个字符，{len(ids)} 个 token")
    return 0
