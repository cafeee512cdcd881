"""练习 4.3 先猜后算：点积的方差。"""

from tinygpt.course.diagnosis import Exercise

exercise = Exercise(
    "4.3", "先猜后算：点积的方差", {"方差": 64.0, "除以 √d_k 以后的方差": 1.0, "标准差": 8.0},
)
exercise.probe("三个数")(lambda answer, rng: answer)
exercise.look = "每个乘积的方差是 1，d_k 个互不相关的加起来；除以一个数，方差除以它的平方。"
exercise.correct("写成整数", {"方差": 64, "除以 √d_k 以后的方差": 1, "标准差": 8})
exercise.mutant("除以 √d_k 当成除以方差的平方根一半", {"方差": 64, "除以 √d_k 以后的方差": 8, "标准差": 8},
                look="一个随机数除以 8，方差除以 8² = 64。")
exercise.mutant("标准差没有开方", {"方差": 64, "除以 √d_k 以后的方差": 1, "标准差": 64},
                look="标准差是方差的平方根。")
exercise.mutant("方差与标准差反了", {"方差": 8, "除以 √d_k 以后的方差": 1, "标准差": 64},
                look="方差是 d_k，标准差是 √d_k。")
exercise.mutant("以为方差与维数无关", {"方差": 1, "除以 √d_k 以后的方差": 1 / 64, "标准差": 1},
                look="64 个互不相关的乘积，方差加起来。")
exercise.mutant("方差按平方加", {"方差": 4096, "除以 √d_k 以后的方差": 64, "标准差": 64},
                look="互不相关的随机数，方差相加，不是标准差相加。")
