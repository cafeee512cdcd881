"""tinygpt generate：从一段开头续写。"""

from tinygpt.commands.arguments import add_fields, check_seed, given, model_arguments, seed_argument
from tinygpt.commands.output import as_typed, note_unknown, print_json
from tinygpt.device import pick_device
from tinygpt.errors import require
from tinygpt.pretrained import load
from tinygpt.sampling import Sampling, check_prompts, complete, stream_text

HELP, DESCRIPTION = "续写一段文字", "从一段开头续写。"


def add_arguments(parser) -> None:
    parser.add_argument("prompt", type=as_typed, metavar="PROMPT", help="开头，例如 机器学习是")
    model_arguments(parser)
    parser.add_argument("--max-new-tokens", type=int, default=120, help="最多写多少个 token（默认 120）")
    parser.add_argument("--stop", type=as_typed, metavar="TEXT", help="写出这段文字就停")
    seed_argument(parser, "随机种子；给定则结果可重复")
    parser.add_argument("--num-samples", type=int, default=1, help="写几个不同的续写（默认 1）")
    add_fields(parser, Sampling)


def run(args) -> int:
    sampling = Sampling(**given(args, Sampling))
    for name in ("max_new_tokens", "num_samples"):
        value, flag = getattr(args, name), "--" + name.replace("_", "-")
        require(value >= 1, f"{flag} {value}", "至少为 1", "给一个正整数")
    check_seed(args.seed)
    model, tokenizer = load(args.model, pick_device(args.device))
    require(args.prompt, "提示是空的", "至少一个字", "给一段开头，例如 机器学习是")
    check_prompts([tokenizer.encode(args.prompt)], model.config.context_length)
    note_unknown(tokenizer, args.prompt)
    samples = []
    for index in range(args.num_samples):
        seed = None if args.seed is None else args.seed + index
        options = {"max_new_tokens": args.max_new_tokens, "sampling": sampling, "seed": seed}
        options["stop"] = args.stop
        if args.json:
            text = complete(model, tokenizer, args.prompt, **options)
            sample = {"prompt": args.prompt, "completion": text, "text": args.prompt + text, "seed": seed}
            samples.append(sample)
            continue
        if args.num_samples > 1:
            print(f"—— {index + 1} ——")
        print(args.prompt, end="", flush=True)
        for piece in stream_text(model, tokenizer, args.prompt, **options):
            print(piece, end="", flush=True)
        print()
    if args.json:
        print_json(samples)
    return 0
