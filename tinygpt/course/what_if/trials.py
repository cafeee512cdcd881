"""哪个练习做哪一种试验：函数装在哪里，用什么设置。"""

from tinygpt.course.exercises import WHAT_IF
from tinygpt.course.what_if import parts
from tinygpt.course.what_if.stopping import PATIENCE, Stopping
from tinygpt.course.what_if.training import Training, by_own_gradients, by_own_loop
from tinygpt.course.what_if.writing import NARROW, Writing, own_loop, sampling, unequal_prompts
from tinygpt.errors import InputError

UNIT = "q、k 每一维的方差是 1，一个头，d_k = 64"
WIDE = 0.5  # 普通梯度下降的学习率

TRIALS = {
    "3.5": Training(parts.alone("3.5"), "训练用的窗口由你的函数切"),
    "3.6": Training(parts.alone("3.6"), "输入与标签由你的函数分"),
    "4.1": Training(parts.in_softmax, "注意力里的 softmax 用你的"),
    "4.2": Training(parts.in_softmax_backward, "注意力里 softmax 的反向用你的"),
    "4.4": Training(parts.in_weights, f"注意力权重用你的（{UNIT}）", unit_scores=True),
    "4.5": Training(parts.in_mask, "注意力的掩码用你的"),
    "4.6": Training(parts.alone("4.6"), "多头注意力用你的"),
    "5.1": Training(parts.alone("5.1"), "h_0 由你的函数算"),
    "5.2": Training(parts.alone("5.2"), "前馈网络用你的"),
    "5.3": Training(parts.alone("5.3"), "所有的层归一化用你的"),
    "5.4": Training(parts.alone("5.4"), "每一层由你的函数装（取 pre-norm 的那一个）"),
    "5.5": Training(parts.alone("5.5"), "输出层与 embedding 由你的函数连起来"),
    "5.6": Training(parts.alone("5.6"), "训练的损失由你的函数算"),
    "6.1": Training(parts.alone("6.1"), "整个循环用你的", learning_rate=WIDE, losses=by_own_loop),
    "6.2": Training(parts.alone("6.2"), "每一步更新用你的"),
    "6.3": Training(
        parts.in_clipping, "梯度由你的函数裁剪；每 15 步有一批坏数据，损失放大 60 倍", learning_rate=WIDE
    ),
    "6.4": Training(parts.alone("6.4"), "学习率由你的函数定", learning_rate=2e-2),
    "6.6": Stopping(f"在 1500 个字上训练到过拟合，patience = {PATIENCE}，停与取回由你的函数定"),
    "6.7": Training(
        parts.alone("6.7"), "梯度由你的函数累积", learning_rate=WIDE, losses=by_own_gradients
    ),
    "7.1": Writing(
        sampling(lambda answer, logits, seen: answer(logits, 0.5)), "温度 0.5，由你的函数算概率"
    ),
    "7.2": Writing(
        sampling(lambda answer, logits, seen: answer(logits, 5).softmax(-1)), "只留 5 个，由你的函数留"
    ),
    "7.3": Writing(
        sampling(lambda answer, logits, seen: answer(logits, 0.7).softmax(-1)), "p = 0.7，由你的函数留"
    ),
    "7.4": Writing(
        sampling(lambda answer, logits, seen: (answer(logits, seen, 1.5) / 0.7).softmax(-1), "repeated"),
        "penalty = 1.5，由你的函数罚", "写过的 token 又写一遍的比例",
    ),
    "7.5": Writing(unequal_prompts, "三个长短不一的提示，由你的函数取该看的 logits"),
    "7.6": Writing(own_loop, f"整个循环用你的，模型一次只收 {NARROW} 个 token"),
}  # fmt: skip


def trial_of(number: str):
    """一个练习的试验；没有就说哪些有。"""
    if str(number) not in TRIALS:
        raise InputError(f"练习 {number} 不能放进模型里试", "、".join(WHAT_IF), "从这些编号里选一个")
    return TRIALS[str(number)]
