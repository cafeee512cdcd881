"""练习 4.3 先猜后算：点积的方差。"""

from tinygpt.course.diagnosis import Exercise


def guess(variance=64, deviation=8, scaled=1):
    return {"方差": variance, "标准差": deviation, "除以 √d_k 以后的方差": scaled}


exercise = Exercise(
    "4.3", "先猜后算：点积的方差", guess(), assemble=guess,
    look="每个乘积的方差是 1，d_k 个互不相关的加起来；除以一个数，方差除以它的平方。",
)
exercise.probe("三个数")(lambda answer, rng: answer)
exercise.correct("写成小数", guess(64.0, 8.0, 1.0))
exercise.edit("方差写成了标准差", "方差是 d_k = 64，标准差是 √d_k = 8。", variance=8)
exercise.edit("以为方差与维数无关", "一个乘积的方差是 1，64 个互不相关的加起来，方差是 64。", variance=1)
exercise.edit("方差按平方加", "互不相关的随机数，方差相加，不是标准差相加：64 个 1，不是 64²。",
              variance=4096)
exercise.edit("方差算成了两倍", "一个乘积的方差是 1 × 1，不是 1 + 1。", variance=128)
exercise.edit("标准差没有开方", "标准差是方差的平方根。", deviation=64)
exercise.edit("标准差取了方差的一半", "标准差是方差的平方根，不是一半：√64 = 8。", deviation=32)
exercise.edit("标准差开了两次方", "方差是 64，标准差是 √64 = 8，不再开方。", deviation=8**0.5)
exercise.edit("以为标准差与维数无关", "方差是 64，标准差是它的平方根。", deviation=1)
exercise.edit("除以 8，方差也除以了 8", "一个随机数除以 8，方差除以 8² = 64，剩下 1。", scaled=8)
exercise.edit("以为缩放不改变方差", "一个随机数除以 8，方差除以 8² = 64，剩下 1。", scaled=64)
exercise.edit("缩放以后的方差除多了", "方差 64，除以 √d_k = 8 以后除以 64，正好是 1。", scaled=1 / 8)
exercise.edit("以为缩放以前的方差就是 1", "缩放以前的方差是 64，缩放以后才是 1。", scaled=1 / 64)
exercise.edit("以为缩放以后没有起伏了", "缩放让方差变成 1，不是 0。", scaled=0)
exercise.mutant("方差与标准差反了", guess(8, 64), look="方差是 d_k，标准差是 √d_k。")
