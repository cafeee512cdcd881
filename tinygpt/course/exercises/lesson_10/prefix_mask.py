"""练习 10.2 前缀的掩码。"""

import torch

from tinygpt.course.diagnosis import Exercise


def mask_with(picture="both", down=True, up=False, text="past", diagonal=0, dtype=torch.bool):
    def run(n_prefix, n_text):
        n = n_prefix + n_text
        mask = torch.zeros(n, n, dtype=torch.bool)
        triangle = lambda k: torch.ones(k, k, dtype=torch.bool).tril(diagonal)
        full = lambda k: torch.ones(k, k, dtype=torch.bool)
        mask[:n_prefix, :n_prefix] = {"both": full, "past": triangle,
                                      "self": lambda k: torch.eye(k, dtype=torch.bool)}[picture](n_prefix)
        mask[n_prefix:, n_prefix:] = triangle(n_text) if text == "past" else full(n_text)
        mask[n_prefix:, :n_prefix] = down
        mask[:n_prefix, n_prefix:] = up
        return mask.to(dtype)

    return run


exercise = Exercise(
    "10.2", "前缀的掩码", mask_with(),
    look="左上（图看图）全是 True；左下（文字看图）全是 True；"
         "右上（图看文字）全是 False；右下（文字看文字）是下三角。",
)


@exercise.probe("2 块，3 个 token")
def _(answer, rng):
    return answer(2, 3)


@exercise.probe("3 块，2 个 token")
def _(answer, rng):
    return answer(3, 2)


@exercise.probe("没有图：就是因果掩码")
def _(answer, rng):
    return answer(0, 4)


@exercise.probe("课里的形状：16 块，12 个 token")
def _(answer, rng):
    return answer(16, 12)


@exercise.correct("比较下标")
def _(n_prefix, n_text):
    i = torch.arange(n_prefix + n_text)
    return (i[None, :] <= i[:, None]) | ((i[None, :] < n_prefix) & (i[:, None] < n_prefix))


@exercise.correct("每个位置看得见多少个")
def _(n_prefix, n_text):
    n = n_prefix + n_text
    rows = [[column < max(row + 1, n_prefix) for column in range(n)] for row in range(n)]
    return torch.tensor(rows, dtype=torch.bool)


exercise.mutant("图里也只看前面的块", mask_with(picture="past"),
                look="图没有先后：第一块也要看得见最后一块。前缀的那一方格全是 True。")
exercise.mutant("每一块只看自己", mask_with(picture="self"),
                look="块与块要互相看见，模型才认得出跨几块的形状。")
exercise.mutant("谁都看得见谁", mask_with(up=True, text="both"),
                look="文字照旧只看前面：答案还没有写，不能先看见。")
exercise.mutant("文字看得见后面的文字", mask_with(text="both"), look="文字看文字的那一方格是下三角。")
exercise.mutant("文字看不见图", mask_with(down=False), look="文字的每一行，前 n_prefix 列都是 True。")
exercise.mutant("图看得见文字", mask_with(up=True),
                look="图的行里，文字的列是 False：否则图的向量里会混进后面的答案，再传给前面的文字。")
exercise.mutant("文字看不见自己", mask_with(diagonal=-1), look="对角线是 True：每个位置看得见自己。")
exercise.mutant("True 与 False 反了", lambda p, t: ~mask_with()(p, t), look="True 表示看得见。")
exercise.mutant("行与列反了", lambda p, t: mask_with()(p, t).T, look="行是查询（谁在看），列是键（看谁）。")
exercise.mutant("交出了小数", mask_with(dtype=torch.float32), look="要布尔的掩码：dtype 是 torch.bool。")
