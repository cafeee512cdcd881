"""练习 7.8 先猜后算：缓存省了多少。"""

from tinygpt.course.diagnosis import Exercise

COUNTS = (
    "第一个新 token 排在第几个位置（从 0 数起）",
    "生成完毕时缓存里有几个键",
    "用缓存一共算几个位置",
    "不用缓存一共算几个位置",
)


def counts(*values):
    return dict(zip(COUNTS, values, strict=True))


exercise = Exercise(
    "7.8", "先猜后算：缓存省了多少", counts(5, 8, 8, 26),
    look="提示 5 个 token，写 4 个新的。第一个新 token 由提示的最后一个位置预测；"
         "最后一个新 token 写出来就结束，不再进模型。",
)
exercise.probe("四个数")(lambda answer, rng: answer)
exercise.correct("写成小数", counts(5.0, 8.0, 8.0, 26.0))
exercise.mutant("位置差一位", counts(4, 8, 8, 26), look="提示占了位置 0 到 4，新的第一个在 5。")
exercise.mutant("位置从头数了", counts(0, 8, 8, 26),
                look="有缓存时，新的 token 接在旧的后面，位置不从 0 开始。")
exercise.mutant("最后一个新 token 也算进了模型", counts(5, 9, 9, 35),
                look="第 4 个新 token 写出来就够了，不用再算它后面的 logits。")
exercise.mutant("缓存里多数了一个", counts(5, 9, 8, 26), look="缓存里有几个键，就是进过模型的 token 有几个。")
exercise.mutant("以为每步只算一个位置，提示不算", counts(5, 8, 4, 26),
                look="提示的 5 个位置也要算一遍，才有键和值。")
exercise.mutant("不用缓存时每步算的一样多", counts(5, 8, 8, 20),
                look="不用缓存，每步都从头算一遍，而且一步比一步长：5 + 6 + 7 + 8。")
exercise.mutant("不用缓存时从 6 个加起", counts(5, 8, 8, 30), look="第一步只有提示的 5 个：5 + 6 + 7 + 8。")
exercise.mutant("位置多数了一", counts(6, 8, 8, 26), look="从 0 数起：提示占了位置 0 到 4，新的第一个在 5。")
exercise.mutant("缓存里只有提示的", counts(5, 5, 8, 26),
              look="新的 token 进过模型以后，它的键也留在缓存里：5 + 3。")
exercise.mutant("缓存里只有新写的", counts(5, 4, 8, 26), look="提示的 5 个键也在缓存里：5 + 3。")
exercise.mutant("以为提示不用算", counts(5, 8, 3, 26), look="提示的 5 个位置也要算一遍，才有键和值：5 + 3。")
exercise.mutant("不用缓存时多算了一步", counts(5, 8, 8, 35), look="写 4 个，只进 4 次模型：5 + 6 + 7 + 8。")
exercise.mutant("不用缓存时从 1 个加起", counts(5, 8, 8, 36), look="第一步就有提示的 5 个：5 + 6 + 7 + 8。")
