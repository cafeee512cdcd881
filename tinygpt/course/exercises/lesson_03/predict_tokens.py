"""练习 3.9 先猜后算：机器学习是。"""

from tinygpt.course.diagnosis import Exercise

NAMES = ("字符数", "UTF-8 字节数", "token 数", "编号", "接上 <eos> 以后的编号")


def guess(characters=5, size=15, tokens=2, ids=(1256, 3419), with_eos=(1256, 3419, 7)):
    return dict(zip(NAMES, (characters, size, tokens, ids, with_eos), strict=True))


exercise = Exercise(
    "3.9", "先猜后算：机器学习是", guess(), assemble=guess,
    look="一个汉字三个字节；机器学习是一个 token；<eos> 的编号是 7，接在末尾。",
)
exercise.probe("五个答案")(lambda answer, rng: answer)
exercise.correct("编号写成列表", guess(ids=[1256, 3419], with_eos=[1256, 3419, 7]))
exercise.edit("字符数错了", "机、器、学、习、是，五个字符；<eos> 不是字符。", characters=4)
exercise.edit("字符数算上了 <eos>", "机、器、学、习、是，五个字符；<eos> 不是字符。", characters=6)
exercise.edit("以为一个汉字两个字节", "GB18030 里常用汉字是两个字节；UTF-8 里是三个。", size=10)
exercise.edit("以为一个字一个字节", "UTF-8 里一个汉字三个字节。", size=5)
exercise.edit("以为一个汉字四个字节", "UTF-8 里常用汉字是三个字节，少数生僻字和表情符号才是四个。", size=20)
exercise.edit("token 数多了一个", "“机器学习”是一个 token，“是”是一个；这一问没有接 <eos>。", tokens=3)
exercise.edit("以为一个字一个 token", "机器学习四个字常在一起，合并成了一个 token。", tokens=5)
exercise.edit("编号的次序反了", "“机器学习”在前，编号 1256；“是”在后，3419。", ids=(3419, 1256))
exercise.edit("接上 <eos> 以后，编号的次序反了", "“机器学习”在前，编号 1256；“是”在后，3419。",
              with_eos=(3419, 1256, 7))
exercise.edit("编号里接上了 <eos>", "这一问没有接 <eos>，下一问才接。", ids=(1256, 3419, 7))
exercise.edit("以为 <eos> 在开头", "<eos> 是文字结束的记号，接在末尾。", with_eos=(7, 1256, 3419))
exercise.edit("忘了接 <eos>", "最后一问要接上 <eos>，它的编号是 7。", with_eos=(1256, 3419))
exercise.edit("<eos> 写成了 0", "0 是 <pad>；<eos> 的编号是 7。", with_eos=(1256, 3419, 0))
