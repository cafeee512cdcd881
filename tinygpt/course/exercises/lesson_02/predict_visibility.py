"""练习 2.1 先猜后算：谁看得见谁。"""

from tinygpt.course.diagnosis import Exercise

NAMES = ("编码器里第 2 个位置看得见几个", "解码器里第 2 个位置看得见几个", "AR", "MLM", "NSP")


def guess(encoder=6, decoder=3, ar="GPT", mlm="BERT", nsp="BERT"):
    return dict(zip(NAMES, (encoder, decoder, ar, mlm, nsp), strict=True))


exercise = Exercise(
    "2.1", "先猜后算：谁看得见谁", guess(), assemble=guess,
    look="位置从 0 数起，一共 6 个。编码器看得见全部；解码器看得见自己和前面的。",
)
exercise.probe("五个答案")(lambda answer, rng: answer)
exercise.correct("写成小数", guess(6.0, 3.0))
exercise.edit("解码器少数了一个", "位置从 0 数起，第 2 个位置看得见 0、1、2，三个；2 是自己，也算。",
              decoder=2)
exercise.edit("解码器多数了一个", "第 2 个位置看得见 0、1、2，三个；下一个是未来，看不见。", decoder=4)
exercise.edit("解码器也看得见全部", "解码器有因果掩码：只看得见自己和前面的。", decoder=6)
exercise.edit("编码器少数了一个", "编码器看得见全部 6 个，自己也算。", encoder=5)
exercise.edit("编码器也只看过去", "编码器没有因果掩码，6 个位置都看得见。", encoder=3)
exercise.edit("以为 GPT 也用 MLM", "GPT 有因果掩码，填空时看不见右边，所以不用 MLM；它是 BERT 的。",
              mlm="GPT")
exercise.edit("把 NSP 给了 GPT", "文章这里不准：NSP 是 BERT 的预训练目标，GPT 只用 AR。", nsp="GPT")
exercise.edit("把 AR 给了 BERT", "自回归（AR）由前文预测下一个，是 GPT 的目标。", ar="BERT")
exercise.mutant("编码器与解码器弄反了", guess(3, 6), look="解码器有因果掩码，只看过去。")
exercise.mutant("照文章把 MLM 和 NSP 给了 GPT", guess(mlm="GPT", nsp="GPT"),
                look="文章这里不准：MLM 与 NSP 是 BERT 的预训练目标，GPT 只用 AR。")
exercise.mutant("BERT 与 GPT 弄反了", guess(ar="BERT", mlm="GPT", nsp="GPT"), look="GPT 是自回归（AR）的。")
