"""训练诊所：十次有毛病的训练留下的曲线与样本（tools/record_clinic.py 真的跑出来的）。

show("甲") 画一个病例；CAUSES 是可选的病因。答案不写在这里，只存着它的摘要。
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from tinygpt.course import plots

CASES = list("甲乙丙丁戊己庚辛壬癸")
CAUSES = [
    "学习率太高", "标签没有错开", "掩码漏了", "忘了清零梯度", "评估时没有关掉 dropout",
    "补齐算进了损失", "fp16 溢出", "分词器对不上", "没有打乱", "验证集混进了训练集",
]  # fmt: skip
HEALTHY = "好的"


@lru_cache
def records() -> dict[str, dict]:
    """{病例: {step, train, validation, fresh, grad_norm, sample, again}}。

    没有数（nan、inf）的地方是 None。
    """
    return json.loads(Path(__file__).with_name("clinic.json").read_text(encoding="utf-8"))


def seal(case: str, cause: str) -> str:
    """一个病例与它的病因的摘要。"""
    return hashlib.sha256(f"tinygpt clinic|{case}|{cause}".encode()).hexdigest()[:16]


def is_right(case: str, cause: str) -> bool:
    return records()[case]["seal"] == seal(case, cause)


def show(case: str):
    """画出一个病例（虚线是好的那次训练），打印样本与两次评估的结果。"""
    case_record, healthy = records()[case], records()[HEALTHY]
    _, axes = plots.panels(columns=2, width=4.6, height=3.1)
    gap = float("nan")
    clean = lambda values: [gap if v is None else v for v in values]
    losses = {
        "训练": clean(case_record["train"]),
        "验证": clean(case_record["validation"]),
        "全新的文字": clean(case_record["fresh"]),
        "好的训练": clean(healthy["train"]),
    }
    norms = {"这一次": clean(case_record["grad_norm"]), "好的训练": clean(healthy["grad_norm"])}
    plots.lines(case_record["step"], losses, ax=axes[0], xlabel="步", ylabel="损失", title=f"病例{case}")
    plots.lines(case_record["step"], norms, ax=axes[1], log="y", xlabel="步",
                title="裁剪前的梯度范数（每 10 步的最大值）")
    print(f"样本：机器学习{case_record['sample']}")
    print("同一份权重评估两遍：", "、".join("nan" if v < 0 else f"{v:.3f}" for v in case_record["again"]))
