"""命令行的约定：中文的说明与错误，代码 0/1/2，什么也不丢。"""

import json
import subprocess
import sys

import pytest

from tinygpt.cli import main

POEM = "春天来了，小河里的冰化了，水一天比一天多。孩子们在河边看鱼，鱼在水里看他们。\n"


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """在空文件夹里运行命令，返回（代码，标准输出，标准错误）。"""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TINYGPT_CACHE", str(tmp_path / "cache"))

    def call(*arguments):
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as stop:  # --help
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_a_command_imports_only_what_it_uses():
    """导入要零点几秒到一两秒的库，用得着的命令才等：tornado（serve）、matplotlib（课程）、torch 的编译器。"""
    heavy = {"tornado", "matplotlib", "transformers", "torch._dynamo"}
    code = f"import sys; from tinygpt.cli import main; main(['info']); print({heavy} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "set()"


TINY = [
    "--preset", "tiny", "--n-embd", "16", "--context-length", "16", "--batch-size", "4",
    "--steps", "6", "--eval-interval", "3", "--vocab-size", "320", "--precision", "fp32",
]  # fmt: skip


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "文字.txt"
    path.write_text(POEM * 30, encoding="utf-8")
    return path


@pytest.fixture
def run(cli, text, tmp_path):
    code, _, err = cli("train", "--data", text, "--out", "run", *TINY)
    assert code == 0, err
    return tmp_path / "run"


@pytest.mark.parametrize("command", [
    [], ["train"], ["generate"], ["chat"], ["serve"], ["evaluate"], ["probe"], ["tokenizer"],
    ["tokenizer", "train"], ["tokenizer", "show"], ["info"], ["doctor"], ["check"], ["export"], ["import"],
    ["exercises"], ["exercises", "reset"],
])  # fmt: skip
def test_help_is_chinese(cli, command):
    code, out, _ = cli(*command, "--help")
    assert code == 0
    assert out.startswith("用法：") or out.startswith("用法:")
    for english in ("usage:", "options:", "positional arguments", "show this help"):
        assert english not in out


def test_every_config_field_is_a_flag(cli):
    import dataclasses

    from tinygpt import GPTConfig, Sampling, TrainConfig

    commands = {"train": (GPTConfig, TrainConfig), "generate": (Sampling,), "chat": (Sampling,)}
    for command, classes in commands.items():
        _, out, _ = cli(command, "--help")
        for cls in classes:
            for field in dataclasses.fields(cls):
                assert "--" + field.name.replace("_", "-") in out


def test_train_then_use(cli, run, text):
    assert json.loads((run / "run.json").read_text(encoding="utf-8"))["finished"] is True
    assert len((run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()) == 6
    options = ["--seed", 1, "--max-new-tokens", 5, "--num-samples", 2, "--json"]
    code, out, _ = cli("generate", "春天", "--model", run, *options)
    samples = json.loads(out)
    assert code == 0 and len(samples) == 2 and all(s["text"].startswith("春天") for s in samples)
    again = json.loads(cli("generate", "春天", "--model", run, *options)[1])
    assert again == samples
    code, out, _ = cli("evaluate", "--model", run, "--data", text, "--json")
    result = json.loads(out)
    assert code == 0 and result["characters"] == len(POEM) * 30
    bits = result["bits_per_character"] * result["characters"]
    assert result["bits_per_byte"] * result["bytes"] == pytest.approx(bits)
    code, out, _ = cli("info", "--model", run, "--json")
    assert code == 0 and json.loads(out)["parameters"]["合计"] > 0
    assert cli("info", "--model", run)[0] == 0


def test_existing_run_is_never_overwritten(cli, run, text):
    before = {p.name: p.read_bytes() for p in run.iterdir()}
    code, _, err = cli("train", "--data", text, "--out", run, *TINY)
    assert code == 2 and "--resume" in err and "--overwrite" in err
    assert {p.name: p.read_bytes() for p in run.iterdir()} == before
    assert cli("train", "--data", text, "--out", run, *TINY, "--overwrite")[0] == 0


def test_folder_with_other_files_is_refused(cli, text, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "日记.txt").write_text("别删我", encoding="utf-8")
    code, _, _ = cli("train", "--data", text, "--out", "mine", *TINY, "--overwrite")
    assert code == 2
    assert (tmp_path / "mine" / "日记.txt").read_text(encoding="utf-8") == "别删我"


def test_resume_with_another_seed_says_so(cli, run, text):
    code, _, err = cli("train", "--data", text, "--out", run, *TINY, "--resume", "--seed", 5)
    assert code == 2 and "seed" in err


def test_resume_with_other_data_says_so(cli, run, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text(POEM * 31, encoding="utf-8")
    code, _, err = cli("train", "--data", other, "--out", run, *TINY, "--resume")
    assert code == 2 and "数据" in err


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--data", "没有.txt"], "没有.txt"),
        (["--n-embd", "250"], "整除"),
        (["--preset", "minni"], "mini"),
        (["--n-lyer", "3"], "--n-layer"),
        (["--steps", "0"], "steps"),
        (["--steps", "5", "--minutes", "1"], "只给一个"),
        (["--learning-rate", "abc"], "abc"),
        (["--device", "tpu"], "tpu"),
        (["--precision", "fp8"], "fp8"),
    ],
)
def test_bad_training_input(cli, tmp_path, arguments, words):
    code, _, err = cli("train", "--out", "new", *arguments)
    assert code == 2 and words in err and "Traceback" not in err
    assert not (tmp_path / "new" / "config.json").exists()


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("a.txt", b"", "空文件"),
        ("a.txt", b"\x00\x01\x02abc", "二进制"),
        ("a.jsonl", b'{"text": "a"}\n{"text": "b\n', "第 2 行"),
        ("a.jsonl", b'{"content": "a"}\n', "--field"),
        ("a.txt", "短".encode(), "token"),
        ("a.pdf", b"x", ".txt"),
    ],
)
def test_bad_files(cli, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    code, _, err = cli("train", "--data", name, "--out", "new", *TINY)
    assert code == 2 and words in err, err


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["春", "--temperature", "0"], "--greedy"),
        (["春", "--top-p", "1.5"], "top_p"),
        (["春", "--top-k", "0"], "top_k"),
        (["春", "--max-new-tokens", "0"], "--max-new-tokens"),
        ([""], "空"),
        (["春天来了" * 40], "上下文长度 16"),
    ],
)
def test_bad_generation_input(cli, run, arguments, words):
    code, out, err = cli("generate", *arguments, "--model", run)
    assert code == 2 and words in err and out == ""


def test_damaged_checkpoint(cli, run):
    path = run / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    code, _, err = cli("generate", "春", "--model", run)
    assert code == 2 and "不完整" in err


def test_unknown_model_lists_the_shipped(cli):
    code, _, err = cli("generate", "春", "--model", "nothing")
    assert code == 2 and "mini" in err


def test_full_disk_is_explained(cli, text, monkeypatch):
    import errno

    import tinygpt.trainer

    def full(path, *_):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(tinygpt.trainer, "save_tensors", full)
    code, _, err = cli("train", "--data", text, "--out", "full", *TINY)
    assert code == 2 and "磁盘满了" in err


def test_ctrl_c_saves_and_tells_how_to_resume(cli, text, tmp_path, monkeypatch):
    from tinygpt.trainer import Trainer

    original = Trainer._one_step

    def interrupted(self):
        if self.step == 4:
            raise KeyboardInterrupt
        return original(self)

    monkeypatch.setattr(Trainer, "_one_step", interrupted)
    code, _, err = cli("train", "--data", text, "--out", "run", *TINY)
    assert code == 130 and "--resume" in err
    monkeypatch.setattr(Trainer, "_one_step", original)
    code, out, _ = cli("train", "--data", text, "--out", "run", *TINY, "--resume")
    assert code == 0 and "已经做完 3 步" in out  # 第 4 步没有做完，从第 3 步的检查点接着


def test_tokenizer_train_and_show(cli, text, tmp_path):
    assert cli("tokenizer", "train", "--data", text, "--out", "t.json", "--vocab-size", 320)[0] == 0
    assert cli("tokenizer", "train", "--data", text, "--out", "t.json", "--vocab-size", 320)[0] == 2  # 已存在
    code, out, _ = cli("tokenizer", "show", "春天", "--tokenizer", "t.json", "--json")
    assert code == 0 and "".join(json.loads(out)["tokens"]) == "春天"


def test_doctor(cli):
    code, out, _ = cli("doctor", "--json")
    result = json.loads(out)
    assert code in (0, 1) and (code == 1) == bool(result["problems"])
    assert {"python", "device", "cores", "precision", "chinese_font", "encoding"} <= result.keys()


def test_a_text_may_begin_with_a_hyphen(cli, run):
    """“-5度”是开头，不是写错的参数；名字是中文的模型照旧用 = 给。"""
    code, out, err = cli("generate", "-5度的早晨", "--model", "run", "--max-new-tokens", "2")
    assert code == 0 and out.startswith("-5度的早晨"), err
    run.rename(run.with_name("模型"))
    assert cli("generate", "春", "--model=模型", "--max-new-tokens", "2")[0] == 0
    assert "--model" in cli("generate", "春", "--modle", "模型")[2]


def test_a_model_saved_by_another_editor(cli, run):
    """记事本给 JSON 添了 BOM、换成 CRLF：照样读。"""
    for name in ("config.json", "run.json", "tokenizer.json"):
        content = (run / name).read_bytes().replace(b"\n", b"\r\n")
        (run / name).write_bytes(b"\xef\xbb\xbf" + content)
    code, out, err = cli("info", "--model", "run")
    assert code == 0 and "结果" in out, err


def test_the_home_written_as_a_tilde(cli, text, tmp_path, monkeypatch):
    """--out=~/m：shell 不展开，PowerShell 里哪个都不展开；不能写进一个名叫 ~ 的文件夹。"""
    home = tmp_path / "家"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    assert cli("train", "--data", text, "--out=~/m", *TINY)[0] == 0
    assert (home / "m" / "model.safetensors").exists() and not (tmp_path / "~").exists()
    code, out, err = cli("generate", "春", "--model=~/m", "--max-new-tokens", "2")
    assert code == 0 and out.startswith("春"), err


def test_what_an_input_method_changed(cli, text):
    """中文的引号、全角的空格、破折号：读得懂，或者说出是它。"""
    code, _, err = cli("train", "--data", f"“{text}”", "--out", "run", *TINY)
    assert code == 0, err
    assert "全角" in cli("train\u3000--data", text)[2]
    assert "--data" in cli("train", "—data", text, "--out", "x")[2]
