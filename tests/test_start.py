"""start.py：每一种错误都有一句中文与一个办法；不联网、不真的安装。"""

import ast
import errno
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
FINISHED = {
    "run.json": '{"finished": true}',
    "config.json": "{}",
    "model.safetensors": "x",
    "training.safetensors": "x",
}


@pytest.fixture
def start(tmp_path, monkeypatch):
    """一份指向临时文件夹的 start.py；外部命令不运行，只记在 start.commands 里。"""
    spec = importlib.util.spec_from_file_location("start_under_test", REPO / "start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "MARKER", tmp_path / ".venv" / "tinygpt-start.json")
    monkeypatch.setattr(module, "RUN", tmp_path / "runs" / "mini")
    module.real_run, module.commands, module.answers = module.run, [], {}
    monkeypatch.setattr(module, "run", lambda *args, **options: fake_run(module, *args, **options))
    return module


def fake_run(start, command, show=None, extra_env=None):
    """start.answers：命令里的一个词 → （退出代码，输出的行）。"""
    command = [str(part) for part in command]
    start.commands.append(command[1:])
    code, lines = next((answer for word, answer in start.answers.items() if word in command), (0, []))
    for line in lines:
        show(line + "\n")
    return code


def installs(start):
    return [command for command in start.commands if "install" in command]


def write_run(start, names):
    start.RUN.mkdir(parents=True)
    for name in names:
        (start.RUN / name).write_text(FINISHED[name], encoding="utf-8")


def fails(start, capsys, arguments=()):
    """运行，应当以 2 退出；返回错误里的两部分：发现了什么、怎么办。"""
    assert start.main(list(arguments)) == 2
    found, _, remedy = capsys.readouterr().err.partition("\n怎么办：")
    assert found.startswith("错误：") and remedy.strip(), "错误要说清发现了什么、怎么办"
    return found, remedy


# ---- 读得进来，在哪里都能运行 ----


def test_parses_on_python_3_8():
    tree = ast.parse((REPO / "start.py").read_text(encoding="utf-8"), feature_version=(3, 8))
    annotated = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (node.returns or any(a.annotation for a in node.args.args))
    ]
    assert not annotated, "注解会在旧 Python 上求值而出错"


def test_imports_only_the_standard_library():
    tree = ast.parse((REPO / "start.py").read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_help_from_another_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, REPO / "start.py", "--help"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "start.py lab" in done.stdout and "start.py test" in done.stdout
    assert not list(tmp_path.iterdir())


def test_help_survives_a_console_that_cannot_show_chinese(tmp_path):
    env = {"PYTHONIOENCODING": "ascii", "PATH": "", "SYSTEMROOT": "C:\\Windows"}
    done = subprocess.run(
        [sys.executable, REPO / "start.py", "--help"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "训练" in done.stdout


# ---- 每一种错误 ----


@pytest.mark.parametrize("version", [(3, 8, 18), (3, 10, 0)])
def test_old_python(start, capsys, monkeypatch, version):
    with pytest.raises(start.Problem, match="3.11 或更新") as caught:
        start.check_python(version)
    assert "怎么办：安装新的 Python" in str(caught.value)
    start.check_python((3, 11, 0))
    monkeypatch.setattr(start.check_python, "__defaults__", (version,))
    found, _ = fails(start, capsys)
    assert f"这个 Python 是 3.{version[1]}" in found


@pytest.mark.parametrize("missing", ["ensurepip", "venv"])
def test_python_without_venv(start, capsys, monkeypatch, missing):
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None if name == missing else True)
    found, remedy = fails(start, capsys)
    assert "缺少 venv 或 ensurepip" in found and "python3-venv" in remedy
    assert not start.VENV.exists()


def test_venv_creation_fails(start, capsys):
    start.answers["venv"] = (1, ["something broke"])
    found, _ = fails(start, capsys)
    assert "建立 .venv 没有成功" in found and "something broke" in found


def test_venv_of_someone_else_is_left_alone(start, capsys):
    start.VENV.mkdir()
    (start.VENV / "mine.txt").write_text("不要删", encoding="utf-8")
    found, remedy = fails(start, capsys)
    assert "不是 start.py 建立的" in found and "删掉或改名" in remedy
    assert (start.VENV / "mine.txt").exists() and not start.commands


def test_broken_venv_is_rebuilt_and_installed_again(start, capsys):
    start.main([])
    (start.VENV / "rubbish").touch()
    start.commands.clear()
    start.answers["import pip"] = (1, [])
    assert start.main([]) == 0
    assert ".venv 坏了" in capsys.readouterr().out
    assert not (start.VENV / "rubbish").exists() and len(installs(start)) == 1


def test_venv_python_that_cannot_start_counts_as_broken(start, monkeypatch):
    monkeypatch.setattr(start, "run", start.real_run)
    assert not start.venv_works()


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("WARNING: Retrying (Retry(total=4)) after connection broken", "网络"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "磁盘满了",
        ),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied", "权限"),
        ("ERROR: No matching distribution found for torch", "镜像"),
        ("error: metadata-generation-failed", "按上面的原因改正"),
    ],
)
def test_pip_failure(start, capsys, line, hint):
    start.answers["install"] = (1, ["Collecting torch", line])
    found, remedy = fails(start, capsys)
    assert "pip 安装没有成功" in found and line in found, "要给出 pip 最后说的话"
    assert hint in remedy and "{" not in remedy
    start.answers.clear()
    assert start.main([]) == 0 and len(installs(start)) == 2, "没有装成，下一次要再装"


def test_disk_full_before_the_first_install(start, capsys, monkeypatch):
    monkeypatch.setattr(start.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 2**30}))
    found, remedy = fails(start, capsys)
    assert "磁盘只剩 1.0 GB" in found and "清理磁盘" in remedy and not installs(start)


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "不能写入"), (errno.ENOSPC, "磁盘满了"), (errno.EIO, "input/output")]
)
def test_operating_system_errors(start, capsys, monkeypatch, number, words):
    def refuse():
        raise OSError(number, "input/output", "/some/folder")

    monkeypatch.setattr(start, "prepare_venv", refuse)
    found, _ = fails(start, capsys)
    assert words in found and "/some/folder" in found


def test_ctrl_c(start, capsys, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "prepare_venv", interrupt)
    assert start.main([]) == 130
    assert "已停下" in capsys.readouterr().err


def test_ctrl_c_lets_the_child_finish(start, tmp_path, monkeypatch):
    code = "import time; time.sleep(0.5); open('saved', 'w').close()"
    real_wait, calls = subprocess.Popen.wait, []

    def wait(process, timeout=None):
        calls.append(timeout)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return real_wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    with pytest.raises(KeyboardInterrupt):
        start.real_run([sys.executable, "-c", code])
    assert (tmp_path / "saved").exists()


def test_unknown_argument(start, capsys):
    found, remedy = fails(start, capsys, ["--retrian"])
    assert "--retrian" in found and "--help" in remedy and not start.commands


# ---- 安装一次 ----


def test_second_call_installs_nothing(start):
    assert start.main([]) == 0 and len(installs(start)) == 1
    assert start.main([]) == 0 and len(installs(start)) == 1


def test_changed_pins_install_again(start, tmp_path):
    start.main([])
    (tmp_path / "constraints.txt").write_text("einops==0.8.2", encoding="utf-8")
    start.main([])
    start.main([])
    assert len(installs(start)) == 2


def test_extra_is_added_once_and_kept(start, tmp_path):
    start.main([])
    start.install("test")
    start.install("test")
    start.install()
    assert [command[command.index("-e") + 1] for command in installs(start)] == [".", ".[test]"]


def test_moved_folder_gets_a_new_venv(start, capsys):
    start.main([])
    marker = json.loads(start.MARKER.read_text(encoding="utf-8"))
    start.MARKER.write_text(json.dumps(marker | {"root": "/elsewhere"}), encoding="utf-8")
    (start.VENV / "old").touch()
    start.main([])
    assert "换了位置" in capsys.readouterr().out
    assert not (start.VENV / "old").exists() and len(installs(start)) == 2


# ---- 训练、测试、课程 ----


@pytest.mark.parametrize(
    ("names", "arguments", "expected"),
    [
        ([], [], []),
        (["config.json"], [], ["--overwrite"]),
        (["config.json", "model.safetensors", "training.safetensors"], [], ["--resume"]),
        (["config.json", "model.safetensors"], [], []),
        (list(FINISHED), [], None),
        (list(FINISHED), ["--retrain"], ["--overwrite"]),
    ],
)
def test_trains_resumes_or_uses_what_is_there(start, capsys, names, arguments, expected):
    write_run(start, names)
    assert start.main(arguments) == 0
    trained = [command for command in start.commands if "train" in command]
    if expected is None:
        assert trained == []
    else:
        (command,) = trained
        assert command[3:7] == ["--out", "runs/mini", "--minutes", "3"]
        assert command[7:] == [*start.RECIPE, *expected]
    used = [command[2:4] for command in start.commands if command[2:3] in (["generate"], ["chat"])]
    assert used == [["generate", "机器学习是"], ["generate", "从前有一只小猫，"], ["chat", "--model"]]
    out = capsys.readouterr().out
    assert str(start.RUN) in out and "start.py lab" in out and "train --data" in out


def test_the_recipe_is_understood(start):
    """start.py 交给 tinygpt train 的参数，命令行都认得，训练的参数也都合理。"""
    from tinygpt.cli import build_parser
    from tinygpt.commands.arguments import given
    from tinygpt.config import GPTConfig, TrainConfig, preset

    arguments = ["train", "--out", "x", "--minutes", str(start.MINUTES), *start.RECIPE]
    args = build_parser().parse_args(arguments)
    assert args.mixture == "first" and args.watch
    assert TrainConfig(**given(args, TrainConfig)).minutes == start.MINUTES
    shape = given(args, GPTConfig)
    assert args.preset is None and shape, "说了形状，就是文章的模型，不由预算定"
    assert preset("mini", **shape).n_embd == 256


def test_failed_training_is_passed_on(start, capsys):
    write_run(start, ["training.safetensors"])
    start.answers["train"] = (2, [])
    assert start.main([]) == 2
    assert "--retrain" in capsys.readouterr().err
    assert not any("generate" in command for command in start.commands)


def test_suites(start, tmp_path, monkeypatch):
    fast, slow = start.suites(["-x"])
    assert fast == ("tests", ["tests", "-n", "2", "-x"], {}) and "slow and not browser" in slow[1]
    for folder in ("tests", "notebooks", "solutions"):
        (tmp_path / folder).mkdir()
    assert len(start.suites([])) == 2
    for folder in ("notebooks", "solutions"):
        (tmp_path / folder / "00.ipynb").touch()
    notebooks, solutions = start.suites([])[2:]
    assert notebooks == ("notebooks", ["--nbval", "notebooks"], {})
    assert solutions == ("solutions", ["--nbval-lax", "solutions"], {})
    (tmp_path / "tests" / "test_a.py").touch()
    (tmp_path / "tests" / "test_browser.py").touch()
    monkeypatch.setattr(start.shutil, "which", lambda name: None)
    assert len(start.suites([])) == 4
    monkeypatch.setattr(start.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert start.suites([])[4:] == [("浏览器", ["tests", "-m", "browser"], {})]
    assert start.suites(["tests/test_a.py::test_b"]) == [("指定的测试", ["tests/test_a.py::test_b"], {})]


def write_lesson(path, *cells):
    path.parent.mkdir(exist_ok=True)
    cells = [{"cell_type": kind, "source": [source]} for kind, source in cells]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")


def test_lessons_that_train_run_once_more_on_a_simulated_cpu(start, tmp_path):
    write_lesson(tmp_path / "notebooks" / "01.ipynb", ("code", "optimizer.step()"))
    other = ("markdown", "optimizer.step()"), ("code", "BpeTrainer(vocab_size=9)")
    write_lesson(tmp_path / "notebooks" / "02.ipynb", *other)
    write_lesson(tmp_path / "notebooks" / "03.ipynb", ("code", "x = 1\nrun = Trainer(model)"))
    name, arguments, env = start.suites(["-x"])[-1]
    assert name == "模拟另一种 CPU" and env["TINYGPT_JITTER"] == "1"
    assert "--nbval" in arguments and arguments[-3:] == ["notebooks/01.ipynb", "notebooks/03.ipynb", "-x"]


def test_the_environment_of_a_suite_reaches_the_command(start, monkeypatch):
    code = "import os, sys; sys.exit(int(os.environ['TINYGPT_JITTER']))"
    assert start.real_run([sys.executable, "-c", code], extra_env={"TINYGPT_JITTER": "3"}) == 3


def report(start, monkeypatch, results):
    """假的 pytest：每一组依次给出 （退出代码，失败数），各有三项测试、一项跳过。"""
    queue = iter(results)

    def run(command, show=None, extra_env=None):
        if "pytest" not in command:
            return 0
        code, failures = next(queue)
        suite = f'<testsuite tests="3" failures="{failures}" errors="0" skipped="1"/>'
        Path(command[-1]).write_text(f"<testsuites>{suite}</testsuites>", encoding="utf-8")
        return code

    monkeypatch.setattr(start, "run", run)


def test_counts_and_exit_code(start, tmp_path, capsys, monkeypatch):
    for folder in ("notebooks", "solutions"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "00.ipynb").touch()
    report(start, monkeypatch, [(0, 0), (0, 0), (1, 2), (0, 0)])
    assert start.main(["test"]) == 1, "中间一组失败，也要失败"
    assert "合计：6 项通过，2 项失败，4 项跳过" in capsys.readouterr().out
    report(start, monkeypatch, [(0, 0), (0, 0), (5, 0), (0, 0)])
    assert start.main(["test", "-k", "name"]) == 0, "有一组没有选中的测试，不算失败"


def test_no_test_at_all_is_a_failure(start):
    assert start.main(["test"]) == 5


def test_lab_is_chinese_and_quiet(start, tmp_path):
    (tmp_path / "notebooks").mkdir()
    assert start.main(["lab", "--no-browser"]) == 0
    command = start.commands[-1]
    assert "--no-browser" in command and "--LabApp.default_url=/lab/tree/notebooks" in command
    settings = json.loads(
        (start.VENV / "share/jupyter/lab/settings/overrides.json").read_text(encoding="utf-8")
    )
    assert settings["@jupyterlab/translation-extension:plugin"]["locale"] == "zh_CN"
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


# ---- 版本 ----


def test_every_dependency_is_pinned():
    import tomllib

    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + [
        name for names in project["optional-dependencies"].values() for name in names
    ]
    lines = [
        line
        for line in (REPO / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert all(line.count("==") == 1 and "+" not in line for line in lines)
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    assert {name.split(">=")[0].lower() for name in wanted} <= pinned


# ---- 中国常见的设置 ----


def environment_of(start, monkeypatch, **environment):
    """run 交给子进程的环境。"""
    seen = {}

    class Process:
        stdout, pid = (), 0

        def __init__(self, command, env, **options):
            seen.update(env)

        def wait(self):
            return 0

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(start.subprocess, "Popen", Process)
    start.real_run(["x"])
    return seen


def test_pip_settings_for_the_whole_system_do_not_reach_the_venv(start, monkeypatch):
    """pip 被设成装到用户目录（PIP_USER=1 或 user = true），或装到别处：.venv 里照样装进 .venv。"""
    other = {"PIP_USER": "1", "PIP_TARGET": "/elsewhere", "PIP_PREFIX": "/p", "PYTHONHOME": "/h"}
    env = environment_of(start, monkeypatch, **other, PIP_INDEX_URL="mirror")
    assert env["PIP_USER"] == "0" and not {"PIP_TARGET", "PIP_PREFIX", "PYTHONHOME"} & set(env)
    assert env["PIP_INDEX_URL"] == "mirror"  # 镜像是使用者选的，不动


@pytest.mark.parametrize("line, words", [
    ("ERROR: Missing dependencies for SOCKS support.", "ALL_PROXY"),
    ("ValueError: Unknown scheme for proxy URL URL('socks://127.0.0.1:7890/')", "ALL_PROXY"),
    ("ProxyError('Cannot connect to proxy.', OSError)", "HTTP_PROXY"),
    ("SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))", "证书"),
    ("ERROR: Can not perform a '--user' install. User site-packages are not visible", "install.user false"),
    ("WARNING: Retrying (Retry(total=4)) after connection broken", "镜像"),
    ("ERROR: No matching distribution found for torch", "清华"),
    ("WARNING: The repository located at x is not a trusted or secure host and is being ignored.", "https"),
    ("Configuration file contains invalid utf-8 characters in pip.conf.", "UTF-8"),
])  # fmt: skip
def test_pip_failures_have_their_own_remedy(start, capsys, line, words):
    start.answers["install"] = (1, [line])
    found, remedy = fails(start, capsys)
    assert line in found and words in remedy


def test_pip_settings_in_the_way_are_named(start, capsys):
    """装不成时，说出使用者给 pip 设过的；镜像、代理、超时不碍事，不说；没有设过就不提。"""
    start.answers["install"] = (1, ["ERROR: No matching distribution found for torch"])
    assert "你的 pip" not in fails(start, capsys)[1]
    shown = [":env:.no-index='1'", "global.index-url='x'", ":env:.user='0'", ":env:.no-deps=''"]
    shown += ["install.require-hashes='1'"]
    start.answers["config"] = (0, shown)
    remedy = fails(start, capsys)[1]
    assert "PIP_NO_INDEX='1'、install.require-hashes='1'。" in remedy and "index-url='x'" not in remedy


def test_a_folder_that_cannot_hold_a_venv(start, capsys, monkeypatch):
    monkeypatch.setattr(start, "ROOT", Path(f"课{os.pathsep}程"))
    found, remedy = fails(start, capsys)
    assert os.pathsep in found and "改名" in remedy and not start.commands


def test_the_lab_points_at_files_that_stop_the_kernel(start, capsys):
    (start.ROOT / "notebooks").mkdir()
    for name in ("random.py", "my_story.py"):
        (start.ROOT / "notebooks" / name).touch()
    assert start.main(["lab"]) == 0
    out = capsys.readouterr().out
    assert "random.py 与 Python 的模块同名" in out and "my_story" not in out


def test_files_beside_it_do_not_hide_the_standard_library(tmp_path):
    """课程的文件夹里放了 random.py；文档被 PYTHONOPTIMIZE=2 去掉了：照样能用。"""
    (tmp_path / "random.py").write_text("raise SystemExit('挡住了')", encoding="utf-8")
    shutil.copy(REPO / "start.py", tmp_path)
    options = {"env": os.environ | {"PYTHONOPTIMIZE": "2"}, "capture_output": True, "encoding": "utf-8"}
    line = [sys.executable, "start.py", "--help"]
    done = subprocess.run(line, cwd=tmp_path, check=False, **options)
    assert done.returncode == 0 and "python3 start.py lab" in done.stdout, done.stderr


def test_mirrors_are_named_with_the_command_and_without_an_address(start):
    for words in ("清华", "阿里云", "pip config set global.index-url"):
        assert words in start.MIRROR
    assert "http" not in start.MIRROR


@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "https_proxy"])
@pytest.mark.parametrize("scheme", ["socks", "socks5", "socks5h"])
def test_the_lab_beside_a_socks_proxy(start, name, scheme):
    """JupyterLab 一见 SOCKS 代理就启动不了：只对它去掉；别的代理留着，连自己不走代理。"""
    env = start.local_network({name: scheme + "://127.0.0.1:7890", "NO_PROXY": "学校.cn"})
    assert env[name] == "" and env["NO_PROXY"].split(",") == ["学校.cn", "localhost", "127.0.0.1", "::1"]
    assert name not in start.local_network({name: "http://127.0.0.1:7890"})
    assert start.local_network({})["no_proxy"] == "localhost,127.0.0.1,::1"
