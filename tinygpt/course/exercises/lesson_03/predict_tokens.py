"""练习 3.9 先猜后算：机器学习是。"""

from tinygpt.course.diagnosis import Exercise

NAMES = ("字符数", "UTF-8 字节数", "token 数", "编号", "接上 <eos> 以后的编号")


def guess(*values):
    return dict(zip(NAMES, values, strict=True))


exercise = Exercise(
    "3.9", "先猜后算：机器学习是", guess(5, 15, 2, [1256, 3419], [1256, 3419, 7]),
    look="一个汉字三个字节；机器学习是一个 token；<eos> 的编号是 7，接在末尾。",
)
exercise.probe("五个答案")(lambda answer, rng: answer)
exercise.correct("编号写成元组", guess(5, 15, 2, (1256, 3419), (1256, 3419, 7)))
exercise.mutant("以为一个汉字两个字节", guess(5, 10, 2, [1256, 3419], [1256, 3419, 7]),
                look="GB18030 里常用汉字是两个字节；UTF-8 里是三个。")
exercise.mutant("以为一个字一个字节", guess(5, 5, 2, [1256, 3419], [1256, 3419, 7]),
                look="UTF-8 里一个汉字三个字节。")
exercise.mutant("以为 <eos> 在开头", guess(5, 15, 2, [1256, 3419], [7, 1256, 3419]),
                look="<eos> 是文字结束的记号，接在末尾。")
exercise.mutant("把 <eos> 算进了 token 数", guess(5, 15, 3, [1256, 3419], [1256, 3419, 7]),
                look="这一问没有接 <eos>。")
exercise.mutant("以为一个字一个 token", guess(5, 15, 5, [1256, 3419], [1256, 3419, 7]),
                look="机器学习四个字常在一起，合并成了一个 token。")
exercise.mutant("忘了接 <eos>", guess(5, 15, 2, [1256, 3419], [1256, 3419]),
                look="最后一问要接上 <eos>，它的编号是 7。")
