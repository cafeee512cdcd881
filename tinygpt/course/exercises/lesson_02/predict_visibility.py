"""练习 2.1 先猜后算：谁看得见谁。"""

from tinygpt.course.diagnosis import Exercise

NAMES = ("编码器里第 2 个位置看得见几个", "解码器里第 2 个位置看得见几个", "AR", "MLM", "NSP")


def guess(*values):
    return dict(zip(NAMES, values, strict=True))


exercise = Exercise(
    "2.1", "先猜后算：谁看得见谁", guess(6, 3, "GPT", "BERT", "BERT"),
    look="位置从 0 数起，一共 6 个。编码器看得见全部；解码器看得见自己和前面的。",
)
exercise.probe("五个答案")(lambda answer, rng: answer)
exercise.correct("写成小数", guess(6.0, 3.0, "GPT", "BERT", "BERT"))
exercise.mutant("以为解码器看不见自己", guess(6, 2, "GPT", "BERT", "BERT"),
                look="位置 0、1、2 都看得见，其中 2 是自己。")
exercise.mutant("以为编码器只看得见别人", guess(5, 3, "GPT", "BERT", "BERT"), look="自己也看得见。")
exercise.mutant("编码器与解码器弄反了", guess(3, 6, "GPT", "BERT", "BERT"),
                look="解码器有因果掩码，只看过去。")
exercise.mutant("照文章把 MLM 和 NSP 给了 GPT", guess(6, 3, "GPT", "GPT", "GPT"),
                look="文章这里不准：MLM 与 NSP 是 BERT 的预训练目标，GPT 只用 AR。")
exercise.mutant("以为 GPT 也用 MLM", guess(6, 3, "GPT", "GPT", "BERT"),
                look="GPT 有因果掩码，填空时看不见右边，所以不用 MLM。")
exercise.mutant("BERT 与 GPT 弄反了", guess(6, 3, "BERT", "GPT", "GPT"), look="GPT 是自回归（AR）的。")
