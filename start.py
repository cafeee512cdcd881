#!/usr/bin/env python3
"""一条命令开始：建立 .venv，安装依赖，然后训练、测试或打开课程。怎样用，写在下面的 USAGE 里。"""

# 只用标准库；Python 3.8 也要能读进来，好用中文说清楚版本不够，所以没有新语法。

import sys

if __name__ == "__main__":
    sys.path.pop(0)  # 这里不用旁边的任何模块：有人在课程的文件夹里放了 random.py，也不能挡住标准库的

import collections
import errno
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import xml.etree.ElementTree
from pathlib import Path

USAGE = """\
一条命令开始：建立 .venv，安装依赖，然后训练、测试或打开课程。

    python3 start.py                  训练简版 GPT（文章里的模型），续写“机器学习是”
    python3 start.py --retrain        丢掉已有的 runs/mini，重新训练
    python3 start.py test [参数]      运行全部测试；后面的参数交给 pytest
    python3 start.py lab [参数]       打开中文的 JupyterLab；--no-browser 不打开浏览器

Windows 上把 python3 写成 python。可以在任何文件夹里运行；东西都放在 start.py 旁边的 .venv 与 runs 里。
退出代码：0 成功，2 有问题要你处理，130 被 Ctrl-C 停下；其余是 tinygpt、pytest、JupyterLab 自己的代码。
"""
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
MARKER = VENV / "tinygpt-start.json"  # 有它，才是 start.py 建立的 .venv；里面记着装过什么
RUN = ROOT / "runs" / "mini"
OLDEST_PYTHON = (3, 11)
NEEDED_GB = 3
PROMPTS = ["机器学习是", "从前有一只小猫，"]
QUESTIONS = ["你好", "什么是机器学习？"]
MINUTES = 3
# 第一个模型：文章的形状，上下文短一半；三分钟里学得最多的参数（怎样选的见 docs/corpus.md）
RECIPE = [
    "--mixture", "first", "--context-length", "128", "--batch-size", "12", "--dropout", "0",
    "--learning-rate", "5e-3", "--weight-decay", "0.1", "--eval-interval", "200", "--eval-windows", "100",
    "--patience", "0", "--watch", "从前有一只",
]  # fmt: skip
TRAINS = r"\bTrainer\(|\.step\(\)|\b(?:re|pre)?train(?:ed)?\w*\(|\b(?:fine_tune|dpo|grpo)\("
LAB_SETTINGS = {
    "@jupyterlab/translation-extension:plugin": {"locale": "zh_CN"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # 控件的样子随笔记本存下，第二天打开还在
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
    # 链接指到一格，第一次打开就停在那一格；别的几种方式停得不准
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "defer"},
}
# 测试时装作另一种 CPU：末几位不同，一个线程，不会 AVX-512 与 bf16 的指令（不是 x86 的机器不理会）
ANOTHER_CPU = {
    "TINYGPT_JITTER": "1", "OMP_NUM_THREADS": "1",
    "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}  # fmt: skip
# 使用者给全系统的 pip、Python 设的，用在 .venv 上会装到别处去；pip 的 user = true 由 PIP_USER=0 盖过
NOT_FOR_THE_VENV = ("PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
# pip 输出里的字样 → 怎么办；从上到下，第一个符合的算数
PIP_REMEDIES = [
    (
        ("SOCKS", "socks"),
        "pip 不会用 SOCKS 代理（Clash 等的 ALL_PROXY）。在这个终端里去掉它：unset ALL_PROXY all_proxy"
        "（Windows：set ALL_PROXY=）；要走代理就改用它的 HTTP 端口：把 socks5:// 换成 http://，再运行一次",
    ),
    (
        ("ProxyError", "Cannot connect to proxy", "Tunnel connection failed"),
        "代理连不上：打开代理软件，或去掉 HTTP_PROXY、HTTPS_PROXY 再运行一次；不用代理就换一个镜像：{mirror}",
    ),
    (
        ("not a trusted or secure host",),
        "镜像的地址是 http:// 开头的，pip 不肯用：改成 https:// 的，pip config set global.index-url 地址",
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED", "certificate verify failed"),
        "证书对不上：检查系统的日期与时间；公司或学校的网络会换证书，换一个网络再运行一次",
    ),
    (
        ("Configuration file contains", "Configuration file could not be loaded"),
        "pip 的设置文件（名字在上面）读不懂：多半存成了 GBK，用 UTF-8 再存一次；或先把它改名",
    ),
    (
        ("'--user' install", "--user and --target"),
        "pip 被设成了装到用户目录：运行 pip config set install.user false，再运行一次",
    ),
    (
        ("No space left", "Errno 28"),
        "磁盘满了：清理出至少 3 GB（带 CUDA 的 PyTorch 要 10 GB），再运行一次同样的命令",
    ),
    (
        ("Permission denied", "Errno 13"),
        "没有写入的权限：检查 {root} 的权限，或把课程复制到你自己的文件夹里再运行",
    ),
    (
        ("Retrying", "Could not fetch URL", "Connection", "timed out"),
        "网络不通：检查网络与代理，再运行一次；网络慢就换一个镜像：{mirror}",
    ),
    (
        ("No matching distribution",),
        "找不到合适的版本：镜像可能不全，换一个：{mirror}；也请用 64 位、不太新的 Python（如 3.12）",
    ),
    (("",), "按上面的原因改正，再运行一次；下载不动就换一个镜像：{mirror}"),
]
HARMLESS_SETTINGS = (
    r"url$|host$|timeout$|retries$|version-check$|proxy$|cache-dir$|cert$|links$|config-file$|:env:\.user$"
)
MIRROR = (
    "清华、阿里云、中科大、华为云都有 PyPI 镜像，在它们的网站上找到地址，运行 "
    "python3 -m pip config set global.index-url 地址"
)


class Problem(Exception):
    """使用者能改正的问题：发现了什么、怎么办。"""

    def __init__(self, found, remedy):
        super().__init__(found + "\n怎么办：" + remedy)


# ---- 运行别的程序 ----


def run(command, show=None, extra_env=None):
    """在课程的文件夹里运行一条命令，返回退出代码。给了 show，就把输出一行一行交给它，而不直接印出来。"""
    env = {**os.environ, "PYTHONUTF8": "1", "PIP_USER": "0", **quiet_threads(os.environ), **(extra_env or {})}
    for name in NOT_FOR_THE_VENV:
        env.pop(name, None)
    pipe = {}
    if show:
        pipe = dict(stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    if sys.stdout:  # pythonw 里没有
        sys.stdout.flush()
    process = subprocess.Popen([str(part) for part in command], cwd=str(ROOT), env=env, **pipe)
    try:
        for line in process.stdout or ():
            show(line)
        code = process.wait()
        return code if code >= 0 else 128 - code
    except KeyboardInterrupt:
        stop(process)
        raise


def quiet_threads(environment):
    """线程等对方时不空转着占住核（理由在 tinygpt/threads.py）；使用者设过其中任何一个，就一个也不动。"""
    settings = {"GOMP_SPINCOUNT": "4000", "KMP_BLOCKTIME": "1"}
    decided = any(name in environment for name in (*settings, "OMP_WAIT_POLICY"))
    return {} if decided else settings


def stop(process):
    """Ctrl-C 也到了子进程那里：先等它自己收尾（训练要存检查点），不肯停再请它停，最后才强行结束。"""
    ask = process.terminate if os.name == "nt" else lambda: process.send_signal(signal.SIGINT)
    for act in (lambda: None, ask, process.kill):
        act()
        try:
            process.wait(timeout=10)
            return
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            continue


def this_command(rest=""):
    """告诉使用者该怎样再次运行 start.py。"""
    return ("python" if os.name == "nt" else "python3") + " start.py" + (" " + rest if rest else "")


# ---- .venv ----


def check_python(version=sys.version_info):
    """Python 太旧就说清楚。"""
    if tuple(version[:2]) < OLDEST_PYTHON:
        found = f"这个 Python 是 {version[0]}.{version[1]}，本课程需要 3.11 或更新的版本（{sys.executable}）"
        raise Problem(
            found,
            "安装新的 Python（Windows、macOS 到 Python 官网下载；Debian、Ubuntu 用 apt），"
            "再用它运行，例如 python3.12 start.py",
        )


def venv_python():
    """.venv 里的 Python。"""
    return VENV / "Scripts" / "python.exe" if os.name == "nt" else VENV / "bin" / "python"


def read_json(path):
    """读一个 JSON 对象；没有或坏了就是 None。"""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def venv_works():
    """.venv 里的 Python 能运行，并且有 pip。"""
    try:
        return run([venv_python(), "-c", "import pip"], show=lambda line: None) == 0
    except OSError:
        return False


def prepare_venv():
    """保证 .venv 可用：没有就建立，坏了或换了位置就重建；不是 start.py 建立的，绝不去动它。"""
    marker = read_json(MARKER)
    if os.path.lexists(str(VENV)):
        if marker is None:
            raise Problem(f"{VENV} 不是 start.py 建立的", "把它删掉或改名，再运行一次同样的命令")
        moved = marker.get("root") != str(ROOT)  # .venv 里写着绝对路径，换了位置就不能全用
        if not moved and venv_works():
            return
        broken = ".venv 坏了（里面的 Python 不见了或不能运行），重新建立……"
        print("课程的文件夹换了位置，重新建立 .venv……" if moved else broken)
        shutil.rmtree(str(VENV))
    create_venv()


def create_venv():
    """先放标记再建立，这样中途停下也认得出是自己的。"""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        remedy = (
            "Debian、Ubuntu：sudo apt install python3-venv；其他系统：重新安装完整的 Python。"
            "然后再运行一次同样的命令"
        )
        raise Problem(f"这个 Python（{sys.executable}）缺少 venv 或 ensurepip，不能建立 .venv", remedy)
    if os.pathsep in str(ROOT):
        name = "分号" if os.name == "nt" else "冒号"
        remedy = f"把课程的文件夹（或它上面的）改名，去掉{name}，再运行一次"
        raise Problem(f"路径里有{name}，不能建立 .venv：{ROOT}", remedy)
    print(f"建立 {VENV}……")
    VENV.mkdir(exist_ok=True)
    MARKER.write_text(json.dumps({"root": str(ROOT)}), encoding="utf-8")
    lines = []
    # 在激活的 .venv 里运行时，sys.executable 刚被删掉，所以用它背后的那个
    python = getattr(sys, "_base_executable", None) or sys.executable
    if run([python, "-m", "venv", VENV], show=lines.append) != 0:
        remedy = "按上面的原因改正；Debian、Ubuntu 常是缺少一个包：sudo apt install python3-venv"
        raise Problem("建立 .venv 没有成功：\n" + "".join(lines[-12:]).rstrip(), remedy)


def install(*extras):
    """安装课程与依赖；pyproject.toml、constraints.txt 都没有变，就什么也不装。"""
    marker = read_json(MARKER) or {}
    files = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    digest = hashlib.sha256(b"\0".join(files)).hexdigest()
    have = marker.get("extras", []) if marker.get("digest") == digest else []
    if marker.get("digest") == digest and set(extras) <= set(have):
        return
    free = shutil.disk_usage(str(ROOT)).free / 2**30
    if "digest" not in marker and free < NEEDED_GB:
        raise Problem(
            f"磁盘只剩 {free:.1f} GB，安装至少要 {NEEDED_GB} GB（{ROOT}）",
            "清理磁盘，或把课程移到空间大的磁盘上",
        )
    print("安装依赖。只做这一次，要几分钟；下载几百 MB（Linux 上带 CUDA 的 PyTorch 有几 GB）……")
    wanted = sorted(set(have) | set(extras))
    pip_install(".[{}]".format(",".join(wanted)) if wanted else ".")
    MARKER.write_text(json.dumps({"root": str(ROOT), "digest": digest, "extras": wanted}), encoding="utf-8")
    print("安装好了。")


def pip_install(target):
    """用 .venv 的 pip 安装；从哪里下载由使用者自己的 pip 设置决定。"""
    lines = []

    def show(line):
        text, known = line.strip(), any("Retrying" in old for old in lines)
        lines.append(text)
        if text.startswith("Downloading ") and ".metadata" not in text:
            print("  下载 " + text.split(" ", 1)[1].rsplit("/", 1)[-1], flush=True)
        elif text.startswith("Installing collected packages"):
            print("  写入 .venv……", flush=True)
        elif "Retrying" in text and not known:
            print("  网络不通，pip 正在重试……", flush=True)

    command = [venv_python(), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["-e", target, "-c", "constraints.txt"]
    if run(command, show=show) != 0:
        output = "\n".join(lines)
        remedy = next(text for words, text in PIP_REMEDIES if any(word in output for word in words))
        tail = "\n".join("  " + text for text in lines[-12:])
        remedy = remedy.format(root=ROOT, mirror=MIRROR) + pip_settings()
        raise Problem("pip 安装没有成功。它最后说的是：\n" + tail, remedy)


def pip_settings():
    """使用者给 pip 设过、可能碍事的：环境变量里的、配置文件里的。镜像与超时不算。"""
    lines = []
    run([venv_python(), "-m", "pip", "config", "list"], show=lines.append)
    settings = [line.strip() for line in lines if re.match(r"[\w:-]+\.[\w-]+='.", line.replace("''", ""))]
    settings = [line for line in settings if not re.search(HARMLESS_SETTINGS, line.split("=")[0])]
    if not settings:
        return ""
    settings = [re.sub(r"^:env:\.([\w-]+)", environment_name, line) for line in settings]
    how = "拿不准就去掉再试（PIP_ 开头的是环境变量；别的用 pip config unset）"
    return "。\n你的 pip 还设了：{}。{}".format("、".join(settings), how)


def environment_name(match):
    """no-index → PIP_NO_INDEX。"""
    return "PIP_" + match[1].upper().replace("-", "_")


# ---- 三件事：训练、测试、课程 ----


def tinygpt(*arguments):
    """运行 .venv 里的 tinygpt。"""
    return run([venv_python(), "-m", "tinygpt.cli", *arguments])


def train_options(retrain):
    """接着已有的 runs/mini，该用什么参数训练；已经训练好了就是 None。"""
    if retrain:
        return ["--overwrite"]
    has_model, has_state = (RUN / "model.safetensors").exists(), (RUN / "training.safetensors").exists()
    if has_model and (read_json(RUN / "run.json") or {}).get("finished") is True:
        return None
    if has_state:
        return ["--resume"]
    nothing_saved = (RUN / "config.json").exists() and not has_model  # 还没存过检查点就断了：没有可丢的
    return ["--overwrite"] if nothing_saved else []


def command_train(arguments):
    """训练、续写，再说接着可以做什么。"""
    unknown = [argument for argument in arguments if argument != "--retrain"]
    if unknown:
        raise Problem("不认识的参数：" + " ".join(unknown), "看看有哪些用法：" + this_command("--help"))
    prepare_venv()
    install()
    model = os.path.join("runs", "mini")
    options = train_options("--retrain" in arguments)
    if options is None:
        print("runs/mini 里已有训练好的模型，直接用它（重新训练：{}）".format(this_command("--retrain")))
    else:
        print(f"训练大约 {MINUTES} 分钟。隔一段续写一次同样的开头：看文字从乱码里长出来。", flush=True)
        code = tinygpt("train", "--out", model, "--minutes", str(MINUTES), *RECIPE, *options)
        if code != 0:
            if code != 130 and "--resume" in options:
                print("不想接着那次没做完的训练，就从头来：" + this_command("--retrain"), file=sys.stderr)
            return code
    for prompt in PROMPTS:
        print()
        code = tinygpt("generate", prompt, "--model", model, "--seed", "0")
        if code != 0:
            return code
    print()
    code = tinygpt("chat", "--model", model, "--seed", "0", "--ask", *QUESTIONS)
    if code == 0:
        print_next_steps()
    return code


def print_next_steps():
    """模型在哪里，接着做什么。"""
    program = os.path.join(".venv", "Scripts" if os.name == "nt" else "bin", "tinygpt")
    model = os.path.join("runs", "mini")
    where = "" if Path.cwd() == ROOT else f'（先进入课程的文件夹：cd "{ROOT}"）'
    print(f"\n模型存在 {RUN}\n接着可以{where}：")
    print(f"  与它说话　　　　　　{program} chat --model {model}")
    print(f"  用你的开头续写　　　{program} generate 深度学习 --model {model}")
    print("  打开课程　　　　　　{}".format(this_command("lab")))
    print(
        "  用你自己的文字训练　{} train --data 你的文件.txt --out {}".format(
            program, os.path.join("runs", "my_model")
        )
    )


def suites(extra):
    """要运行哪几组测试：（名字，pytest 的参数，添进环境的变量）。参数里点了名的文件，就只测它。"""
    if any((ROOT / argument.split("::")[0]).exists() for argument in extra if not argument.startswith("-")):
        return [("指定的测试", extra, {})]
    suites = [  # 两个进程并行
        ("tests", ["tests", "-n", "2", *extra], {}),
        ("tests 里慢的", ["tests", "-n", "2", "-m", "slow and not browser", "--durations", "15", *extra], {}),
    ]
    for folder, flag in (("notebooks", "--nbval"), ("solutions", "--nbval-lax")):
        if any((ROOT / folder).glob("*.ipynb")):
            suites.append((folder, [flag, folder, *extra], {}))
    if training_lessons():
        slow = ["--nbval-cell-timeout", "900"]  # 没有 bf16 的指令，训练慢几倍
        arguments = ["--nbval", "-n", "2", "--dist", "loadfile", *slow, *training_lessons(), *extra]
        suites.append(("模拟另一种 CPU", arguments, ANOTHER_CPU))
    if has_browser():
        suites.append(("浏览器", ["tests", "-m", "browser", *extra], {}))
    return suites


def training_lessons():
    """训练模型的课：走过优化器的一步，造过 Trainer，或调用了名字里有 train 的。权重差一点，它们差得最多。"""
    lessons = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = (read_json(path) or {}).get("cells", [])
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        if re.search(TRAINS, code):
            lessons.append("notebooks/" + path.name)
    return lessons


def has_browser():
    """有没有能用来测试的浏览器。"""
    return (ROOT / "tests" / "test_browser.py").exists() and bool(
        shutil.which("chromium") or shutil.which("google-chrome")
    )


def command_test(extra):
    """运行每一组测试，前面的失败了后面的也照样运行；最后印出合计。"""
    prepare_venv()
    install("test", *(["browser"] if has_browser() else []))
    total, codes = collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments, env in suites(extra):
            print(f"—— {name} ——")
            report = os.path.join(folder, "report.xml")
            command = [venv_python(), "-m", "pytest", *arguments, "--junit-xml", report]
            codes.append(run(command, extra_env=env))
            total.update(count(report))
            if os.path.exists(report):
                os.remove(report)
    print(
        "合计：{} 项通过，{} 项失败，{} 项跳过".format(
            *(total[key] for key in ("passed", "failed", "skipped"))
        )
    )
    failed = [code for code in codes if code not in (0, 5)]  # 5：这一组里没有选中的测试
    return failed[0] if failed else 0 if total["passed"] + total["skipped"] else 5


def count(report):
    """从 pytest 的 JUnit 报告里数出通过、失败、跳过。"""
    if not os.path.exists(report):
        return {}
    total = collections.Counter()
    for suite in xml.etree.ElementTree.parse(report).getroot().iter("testsuite"):
        total.update({key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")})
    failed = total["failures"] + total["errors"]
    return {
        "passed": total["tests"] - failed - total["skipped"],
        "failed": failed,
        "skipped": total["skipped"],
    }


def command_lab(arguments):
    """打开 JupyterLab：中文界面，不弹新闻；其余的参数原样交给它。"""
    prepare_venv()
    install()
    settings = VENV / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(LAB_SETTINGS, indent=1), encoding="utf-8")
    pages = ["notebooks/00_start_here.ipynb", "notebooks"]
    page = next(("/lab/tree/" + page for page in pages if (ROOT / page).exists()), "/lab")
    for path in namesakes():
        print(f"注意：{path} 与 Python 的模块同名，旁边的笔记本一打开，内核就会停：先把它改名")
    print(
        "JupyterLab 正在启动。浏览器没有自己打开，就把下面 http 开头的地址复制过去；要停下，在这里按 Ctrl-C。"
    )
    options = [
        "--log-level=WARN",
        "--ServerApp.root_dir=" + str(ROOT),
        "--LabApp.default_url=" + page,
        "--ServerApp.answer_yes=True",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # 容器里常是 root
    return run([venv_python(), "-m", "jupyterlab", *options, *arguments], extra_env=local_network(os.environ))


def namesakes():
    """放在笔记本旁边、与内核要用的模块同名的文件（random.py……）：内核先找到它们，就启动不了。"""
    known = {"IPython", "ipykernel", "jedi", "numpy", "torch", "tornado", "traitlets"}
    known |= sys.stdlib_module_names
    folders = (ROOT, ROOT / "notebooks", ROOT / "exercises", ROOT / "solutions")
    return [path for folder in folders for path in sorted(folder.glob("*.py")) if path.stem in known]


def local_network(environment):
    """JupyterLab 只在本机上跑：连自己不走代理；它一见 SOCKS 代理（Clash 等设的 ALL_PROXY）就启动不了。"""
    names = ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY")
    names += tuple(name.lower() for name in names)
    socks = {n: "" for n in names if environment.get(n, "").startswith("socks")}
    here = "localhost,127.0.0.1,::1"
    kept = environment.get("NO_PROXY") or environment.get("no_proxy")
    direct = f"{kept},{here}" if kept else here
    return {**socks, "NO_PROXY": direct, "no_proxy": direct}


def explain(error):
    """操作系统的错误 → 发现了什么、怎么办。"""
    where = error.filename or ROOT
    if error.errno == errno.ENOSPC:
        return Problem(f"磁盘满了（{where}）", f"清理出至少 {NEEDED_GB} GB，再运行一次同样的命令")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Problem(f"不能写入 {where}", "改它的权限，或把课程复制到你自己的文件夹里再运行")
    return Problem(f"{error.strerror or error}（{where}）", "检查这个文件或文件夹，再运行一次同样的命令")


def main(arguments):
    """分派命令；每一种能预见的问题都用中文说清楚。"""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    first = arguments[0] if arguments else ""
    try:
        check_python()
        if first in ("-h", "--help", "help"):
            print(USAGE.strip())
            return 0
        if first in ("test", "lab"):
            return (command_test if first == "test" else command_lab)(arguments[1:])
        return command_train(arguments)
    except Problem as problem:
        print(f"错误：{problem}", file=sys.stderr)
    except OSError as error:
        print(f"错误：{explain(error)}", file=sys.stderr)
    except KeyboardInterrupt:
        print(
            f"\n已停下。再运行 {this_command(first if first in ('test', 'lab') else '')} 就接着做。",
            file=sys.stderr,
        )
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
