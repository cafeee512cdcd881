"""tinygpt finetune：从问答文件到能对话的模型，全程走命令行；中断后接着做逐位相同；坏的行指出在哪里。"""

import json
import shutil

import pytest
import torch

from tinygpt import cli, load
from tinygpt.checkpoint import load_tensors, model_tensors, read_json, save_tensors, write_json
from tinygpt.trainer import Trainer
from tinygpt.variants import lora

FAST = [
    "--steps", "8", "--eval-interval", "4", "--batch-size", "4", "--warmup-steps", "2", "--precision", "fp32",
    "--device", "cpu", "--patience", "0",
]  # fmt: skip
PAIRS = [{"prompt": f"小猫{n}在哪里", "answer": f"在河边看鱼{n}。"} for n in range(20)]


def lines(*rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def base(make_model, tokenizer, tmp_path):
    """一个很小的模型的文件夹，当作预训练好的。"""
    folder, model = tmp_path / "base", make_model(vocab_size=tokenizer.vocab_size, context_length=64)
    folder.mkdir()
    save_tensors(folder / "model.safetensors", model_tensors(model))
    write_json(folder / "config.json", model.config.to_dict())
    tokenizer.save(folder / "tokenizer.json")
    return folder


@pytest.fixture
def finetune(base, tmp_path):
    """finetune（out, 其余参数…, rows=…）→ 退出代码。"""

    def run(out="out", *more, rows=PAIRS, name="pairs.jsonl", model=base):
        data = tmp_path / name
        data.write_text(rows if isinstance(rows, str) else lines(*rows), encoding="utf-8")
        where = ["--model", str(model), "--data", str(data), "--out", str(tmp_path / out)]
        return cli.main(["finetune", *where, *FAST, *more])

    return run


def weights(folder):
    files = [folder / name for name in ("model.safetensors", lora.ADAPTER)]
    return {file.name: load_tensors(file)[0] for file in files if file.exists()}


def same(a, b):
    return a.keys() == b.keys() and all(
        a[f].keys() == b[f].keys() and all(torch.equal(a[f][n], b[f][n]) for n in a[f]) for f in a
    )


def test_full_finetuning_gives_a_model_folder_like_any_other(finetune, base, tmp_path, capsys):
    assert finetune("out", "--steps", "30", "--learning-rate", "1e-2") == 0
    said = capsys.readouterr().out
    assert "<chat>问：小猫" in said and "【在河边看鱼" in said and "<eos>】" in said
    assert said.index("<chat>") < said.index("训练完成")  # 第一个例子印在训练之前
    record = read_json(tmp_path / "out" / "run.json")
    assert record["finished"] and record["steps"] == 30 and record["lora"] is None
    text = (tmp_path / "out" / "metrics.jsonl").read_text(encoding="utf-8")
    losses = [json.loads(line)["loss"] for line in text.splitlines()]
    assert losses[-1] < losses[0] / 2 and len(losses) == 30
    assert not same(weights(base), weights(tmp_path / "out"))
    for command in (["info", "--model"], ["chat", "--ask", "小猫3在哪里", "--greedy", "--model"]):
        assert cli.main([*command, str(tmp_path / "out")]) == 0
    assert "河边" in capsys.readouterr().out


def test_lora_leaves_the_base_as_it_was(finetune, base, tmp_path, capsys):
    assert finetune("out", "--lora", "2") == 0
    out = tmp_path / "out"
    assert "训练 " in capsys.readouterr().out and read_json(out / "run.json")["lora"] == 2
    before, after = weights(base)["model.safetensors"], weights(out)["model.safetensors"]
    assert all(torch.equal(before[name], after[name]) for name in before) and before.keys() == after.keys()
    adapters = weights(out)[lora.ADAPTER]
    assert all(name.endswith((".lora_a", ".lora_b")) for name in adapters)
    assert any(bool(tensor.any()) for name, tensor in adapters.items() if name.endswith("lora_b"))
    assert cli.main(["info", "--model", str(out)]) == 0
    assert "LoRA，秩 2" in capsys.readouterr().out
    shutil.rmtree(base)  # 底子是抄来的：原来的没了也不要紧
    model, _ = load(out)
    assert not all(torch.equal(model.state_dict()[name], before[name]) for name in before)
    assert finetune("again", "--lora", "1", model=out) == 0  # 在它上面还能再微调


@pytest.mark.parametrize("more", [[], ["--lora", "2"], ["--lora", "2", "--optimizer", "adamw"]])
def test_resume_is_exact(finetune, tmp_path, monkeypatch, more, capsys):
    """做到第 6 步被打断（检查点在第 4 步），接着做完，与没有打断的逐位相同。"""
    assert finetune("whole", *more) == 0
    real = Trainer._one_step

    def interrupted(trainer):
        if trainer.step == 5:
            raise KeyboardInterrupt
        return real(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_one_step", interrupted)
        assert finetune("broken", *more) == 130
    load(tmp_path / "broken")  # 打断之后也读得了：至今最好的
    assert finetune("broken", "--resume", *more) == 0
    assert "已经做完 4 步" in capsys.readouterr().out
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "broken"))
    logs = [(tmp_path / name / "metrics.jsonl").read_text(encoding="utf-8") for name in ("whole", "broken")]
    assert logs[0] == logs[1] and len(logs[0].splitlines()) == 8


def test_resume_refuses_another_setting_and_keeps_the_folder(finetune, tmp_path, capsys):
    assert finetune("out", "--lora", "2") == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert finetune("out", "--resume", "--lora", "4") == 2
    assert finetune("out", "--resume", "--lora", "2", rows=PAIRS[:15]) == 2
    assert finetune("out", "--lora", "2") == 2  # 已有训练，没有说接着还是重来
    said = capsys.readouterr().err
    assert "LoRA：原来 2，现在 4" in said and "数据" in said and "--overwrite" in said
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert finetune("out", "--overwrite") == 0
    assert not (tmp_path / "out" / lora.ADAPTER).exists()
    assert read_json(tmp_path / "out" / "run.json")["lora"] is None


def test_the_template_goes_with_the_model(finetune, tmp_path, monkeypatch, capsys):
    assert finetune("out", "--template", "甲：{prompt}\\n乙：{answer}") == 0
    assert "<chat>甲：小猫" in capsys.readouterr().out
    asked = []
    from tinygpt.commands import chat

    monkeypatch.setattr(chat, "reply", lambda *a, **k: asked.append(k["template"].text) or iter(["好"]))
    assert cli.main(["chat", "--model", str(tmp_path / "out"), "--ask", "你好"]) == 0
    assert asked == ["甲：{prompt}\n乙：{answer}"]


def test_what_could_not_be_used_is_counted_and_said(finetune, tmp_path, capsys):
    long = {"prompt": "长", "answer": "小猫是灰色的" * 40}
    said = [f"{n}小猫在河边看鱼河水蓝色" for n in range(16)]
    talk = [{"from": ("human", "gpt")[n % 2], "value": text} for n, text in enumerate(said)]
    rows = [*PAIRS, None, long, talk, {"prompt": "停", "answer": "一\n问：二"}]
    assert finetune("out", rows=rows) == 0
    said = capsys.readouterr().err
    for words in (
        "跳过 1 行空的", "1 轮放不进上下文（64 个 token）", "pairs.jsonl 第 22 行", "pairs.jsonl 第 23 行",
        "1 场谈话太长", "1 个回答里有 '\\n问'", "pairs.jsonl 第 24 行",
    ):  # fmt: skip
        assert words in said, words
    assert len(read_json(tmp_path / "out" / "run.json")["dataset"]["notes"]) == 4


def test_rows_left_out_or_mended_are_said(finetune, capsys):
    left = [{**PAIRS[0], "split": "test"}, {**PAIRS[1], "split": "dev"}]
    rows = [*PAIRS, {"prompt": "小猫", "answer": "半个\ud83d"}, *left]
    assert finetune("out", rows="".join(json.dumps(row) + "\n" for row in rows)) == 0
    out, said = capsys.readouterr()
    assert "1 个落单的代理字符（半个 emoji）换成了 �" in said and "第 21 行" in said
    assert "1 场的 split 是 test，没有用" in said and "验证 1 个（数据自带的划分）" in out


@pytest.mark.parametrize(("row", "word"), [
    ({"text": "只有文字"}, "看不出哪里是问"), ("一句话", "看不出哪里"),
    ({"prompt": "好", "answer": ""}, "空的"),
    ({"messages": [{"role": "user", "content": "在吗"}]}, "没有回答"),
    ([1], "看不出哪里是问"),
    ({"prompt": 1, "answer": "好"}, "不是文字"),
])  # fmt: skip
def test_a_bad_row_is_named_and_nothing_is_written(finetune, tmp_path, capsys, row, word):
    rows = lines(*PAIRS[:4]) + json.dumps(row) + "\n"
    assert finetune("out", rows=rows) == 2
    said = capsys.readouterr().err
    assert "pairs.jsonl 第 5 行" in said and word in said and "怎么办" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("more", "word"), [
    (["--lora", "0"], "秩"), (["--lora", "99"], "秩"), (["--template", "{prompt}"], "模板"),
    (["--steps", "0"], "steps"), (["--validation-fraction", "1"], "0 与 1 之间"),
    (["--resume"], "没有可以接着训练"), (["--model", "no"], "没有这个模型"),
    (["--minutes", "1"], "两个里只给一个"),
])  # fmt: skip
def test_bad_settings_are_refused(finetune, tmp_path, capsys, more, word):
    assert finetune("out", *more) == 2
    assert word in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_out_may_not_be_the_model(finetune, base, capsys):
    before = (base / "model.safetensors").read_bytes()
    assert finetune("base", "--overwrite") == 2
    assert "两个不同的文件夹" in capsys.readouterr().err
    assert (base / "model.safetensors").read_bytes() == before


def test_every_format_gives_the_same_model(finetune, tmp_path):
    """同样的问答换一种写法，编出的例子一样：接着训练时认作同样的数据。"""
    assert finetune("out") == 0
    pairs = [(row["prompt"], row["answer"]) for row in PAIRS]
    talks = [[{"from": "human", "value": q}, {"from": "gpt", "value": a}] for q, a in pairs]
    share = [{"conversations": talk} for talk in talks]
    alpaca = [{"instruction": q, "input": "", "output": a} for q, a in pairs]
    csv = "".join(f"{q},{a}\n" for q, a in pairs)
    for rows, name in ((share, "share.jsonl"), (json.dumps(alpaca), "alpaca.json"), (csv, "pairs.csv")):
        assert finetune("out", "--resume", rows=rows, name=name) == 0


def test_json_output_is_json(finetune, capsys):
    assert finetune("out", "--json") == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert json.loads(first)["step"] == 1
