"""练习 6.8 训练诊所。"""

from tinygpt.course import clinic
from tinygpt.course.diagnosis import Exercise


def answers() -> dict[str, str]:
    return {
        case: next(cause for cause in clinic.CAUSES if clinic.is_right(case, cause)) for case in clinic.CASES
    }


def swapped(first: str, second: str) -> dict[str, str]:
    """把两种病因弄反的诊断。"""
    other = {first: second, second: first}
    return {case: other.get(cause, cause) for case, cause in answers().items()}


exercise = Exercise(
    "6.8", "训练诊所", answers(),
    look="三样东西一起看：三条损失曲线谁高谁低、梯度范数、样本；再看同一份权重评估两遍是否相同。"
         "每种病因只用一次。",
)


@exercise.probe("每个病例都有诊断，病因都在单子上")
def _(answer, rng):
    return sorted(answer) == sorted(clinic.CASES) and set(answer.values()) <= set(clinic.CAUSES)


@exercise.probe("诊断对不对")
def _(answer, rng):
    return {f"病例{case}的诊断": clinic.is_right(case, answer[case]) for case in clinic.CASES}


@exercise.probe("弄反了哪两个")
def _(answer, rng):
    return [clinic.seal(case, answer[case]) for case in clinic.CASES]


exercise.correct("次序不同的字典", dict(reversed(answers().items())))
SWAPS = [
    ("标签没有错开", "掩码漏了",
     "两种损失都降得不像话。样本一遍遍重复提示，是在照抄当前的 token；样本是乱码，是训练时偷看了后面。"),
    ("学习率太高", "忘了清零梯度",
     "学习率太高时，损失一开头就冲上去，再也下不来；"
     "没有清零时，头几步正常，后来一直比好的慢，梯度范数总是偏大。"),
    ("学习率太高", "fp16 溢出",
     "溢出之前一切与好的训练一样，到某一步忽然成了 nan；学习率太高是从头就坏。"),
    ("补齐算进了损失", "分词器对不上",
     "两种都是训练降、验证不降。看样本里有没有 <pad>；分词器对不上时，训练曲线与好的完全重合。"),
    ("没有打乱", "评估时没有关掉 dropout",
     "没有打乱时，训练与验证都像锯齿，换一个话题就一高一低；"
     "没有关 dropout，曲线平滑，可是同一份权重评估两遍得到两个数。"),
    ("验证集混进了训练集", "分词器对不上",
     "看全新的文字那一条：验证比它低得多，是验证集漏进了训练集；验证与全新的一样高，是别的毛病。"),
    ("没有打乱", "忘了清零梯度",
     "训练与验证一段一段地跳，是话题在换；梯度范数从头到尾偏大，是梯度没有清零。"),
    ("验证集混进了训练集", "评估时没有关掉 dropout",
     "验证损失比训练还低，而全新的文字高出一截：验证的文字学过了。"
     "评估两遍得到两个数：dropout 开着。"),
]
for _first, _second, _look in SWAPS:
    exercise.mutant(f"把“{_first}”与“{_second}”弄反了", swapped(_first, _second), look=_look)
