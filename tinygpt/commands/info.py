"""tinygpt info：看一个模型的来历与大小。"""

from tinygpt.commands import run_folder
from tinygpt.commands.arguments import json_argument, model_argument
from tinygpt.commands.output import print_json
from tinygpt.errors import InputError
from tinygpt.pretrained import load, model_folder, run_record

HELP, DESCRIPTION = "看一个模型的来历与大小", "大小、各部分的参数、数据、最好的损失、怎样训练的。"


def add_arguments(parser) -> None:
    model_argument(parser)
    json_argument(parser)


def run(args) -> int:
    folder = model_folder(args.model)
    model, words = load(folder)
    run = run_record(folder)
    size = sum(p.stat().st_size for p in folder.iterdir() if p.is_file())
    result = {
        "folder": str(folder), "bytes": size, "config": model.config.to_dict(),
        "parameters": model.parameter_count(),
        "tokenizer": {"kind": words.kind, "vocab_size": words.vocab_size, "fingerprint": words.fingerprint},
        "run": run,
    }  # fmt: skip
    if args.json:
        print_json(result)
        return 0
    print(f"{folder}({size / 2**20:.1f} MB)")
    print("形状：" + "、".join(f"{k} {v}" for k, v in model.config.to_dict().items()))
    print("参数：" + "、".join(f"{k} {v:,}" for k, v in model.parameter_count().items()))
    if run:
        _print_run(run, folder)
    return 0


def _print_run(run: dict, folder) -> None:
    """一次训练的数据、参数与结果。"""
    try:
        data, settings = run["dataset"], (f"{k} {v}" for k, v in run["train"].items() if v is not None)
        rows = [
            f"数据：{run['data']}；{data['documents']} 篇，{data['tokens']:,} 个 token，{data['split']}",
            f"训练：{'、'.join(settings)}；精度 {run['precision']}",
        ]
        if "base" in run:
            how = f"LoRA，秩 {run['lora']}" if run["lora"] else "全部参数"
            rows.append(f"微调：从 {run['base']} 开始，{how}，模板 {run['template']!r}")
        if run.get("finished"):
            best = f"最好的验证损失 {run['val_loss']:.4f}（第 {run['best_step']} 步）"
            rows.append(f"结果：{best}，共 {run['steps']} 步，{run['seconds']} 秒")
        else:
            rows.append(f"结果：训练没有做完。{run_folder.how_to_go_on(folder)}")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        found = f"{folder / 'run.json'} 残缺：{type(error).__name__} {error}"
        raise InputError(found, "训练写下的 run.json", "从备份恢复；或删去它，就不印这一段") from error
    print("\n".join(rows))
