"""第 09 课几个练习共有的错误。"""

from tinygpt.course.diagnosis import Exercise


def wrong_scales(exercise: Exercise) -> None:
    """登记 LoRA 的 α/r 写错的几种；exercise 的 assemble 要有 scale(alpha, a, b)。"""
    exercise.edit("没有乘 α/r", scale=lambda alpha, a, b: 1.0, look="改动要乘 α/r。")
    exercise.edit("只乘了 α", scale=lambda alpha, a, b: alpha, look="α 还要除以秩 r。")
    exercise.edit("只除了 r", scale=lambda alpha, a, b: 1 / a.size(0), look="还要乘 α：α/r。")
    exercise.edit("乘了 r/α", scale=lambda alpha, a, b: a.size(0) / alpha, look="是 α/r，不是 r/α。")
    exercise.edit("乘了 α·r", scale=lambda alpha, a, b: alpha * a.size(0), look="是 α/r，不是 α·r。")
    exercise.edit("除以了 √r", scale=lambda alpha, a, b: alpha / a.size(0) ** 0.5,
                  look="这里除以 r（除以 √r 是另一种写法，rsLoRA）。")
    exercise.edit("用了整除", scale=lambda alpha, a, b: alpha // a.size(0),
                  look="是 /，不是 //：3/2 是 1.5。")
    exercise.edit("秩写死成了 2", scale=lambda alpha, a, b: alpha / 2, look="r 是 A 的行数：a.size(0)。")
    exercise.edit("r 取成了 A 的列数", scale=lambda alpha, a, b: alpha / a.size(1),
                  look="r 是 A 的**行**数；列数是输入的维数。")
