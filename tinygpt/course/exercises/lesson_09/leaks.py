"""练习 9.2 找出漏了的考题。"""

from tinygpt.course.diagnosis import Exercise


def leaks_with(
    clean=str.strip, clean_train=None, clean_test=None,
    hit=lambda p, a, asked, answered: p in asked or a in answered, give=lambda found, test: found,
):  # fmt: skip
    """clean：比之前怎样整理；hit：怎样算漏；give：由漏了的序号得到返回的。"""

    def run(train, test):
        first, second = clean_train or clean, clean_test or clean
        asked, answered = [first(p) for p, _ in train], [first(a) for _, a in train]
        found = [i for i, (p, a) in enumerate(test) if hit(second(p), second(a), asked, answered)]
        return give(found, test)

    return run


exercise = Exercise(
    "9.2", "找出漏了的考题", leaks_with(),
    look="问或答（去掉头尾空白）有一样与练习里的某一道相同，就算漏；"
         "给出它们在考题里的序号，从 0 数起，从小到大。",
    assemble=leaks_with,
)
TRAIN = [("译：猫", "cat"), ("译：狗", "dog"), ("译：红色的猫", "red cat"), ("译：狗", "hound")]


@exercise.probe("一道也没有漏")
def _(answer, rng):
    return answer(TRAIN, [("译：鸟", "bird"), ("译：红色的狗", "red dog")])


@exercise.probe("问与答都见过")
def _(answer, rng):
    return answer(TRAIN, [("译：鸟", "bird"), ("译：猫", "cat"), ("译：猫", "dog")])


@exercise.probe("只有答见过")
def _(answer, rng):
    return answer(TRAIN, [("译：猫咪", "cat"), ("译：鸟", "bird"), ("译：犬", "hound")])


@exercise.probe("只有问见过")
def _(answer, rng):
    return answer(TRAIN, [("译：鸟", "bird"), ("译：狗", "puppy")])


@exercise.probe("头尾有空白")
def _(answer, rng):
    rows = [("译：鸟", " cat\n"), (" 译：狗", "puppy"), ("译：红猫", "redcat"), ("译：犬", "dog \n")]
    return answer(TRAIN, rows)


@exercise.probe("练习的头尾也有空白")
def _(answer, rng):
    return answer([(" 译：猫\n", "cat "), ("译：狗\t", "\u3000dog")],
                  [("译：猫", "kitten"), ("译：犬", "dog"), ("译：鸟", "bird")])


@exercise.probe("中间的空白、大小写不同，不算相同")
def _(answer, rng):
    return answer(TRAIN, [("译：红", "red  cat"), ("译：人名", "Cat"), ("译：红 色 的 猫", "a red cat")])


@exercise.probe("只差标点，只是开头相同，不算相同")
def _(answer, rng):
    rows = [("译：猫。", "cat."), ("译：猫头鹰", "cats"), ("译狗", "“dog”"), ("译：狗？", "a dog")]
    return answer(TRAIN, rows)


@exercise.probe("问与问比，答与答比")
def _(answer, rng):
    return answer(TRAIN, [("cat", "译：狗"), ("dog", "bird")])


@exercise.probe("考题里有两道一样的")
def _(answer, rng):
    return answer(TRAIN, [("译：猫", "cat"), ("译：鸟", "bird"), ("译：猫", "cat"), ("译：狗", "puppy")])


@exercise.probe("练习比考题多，第几道对不上")
def _(answer, rng):
    return [answer(TRAIN, [("译：大狗", "hound")]), answer(TRAIN, [("译：狗", "bird"), ("译：犬", "dog")])]


@exercise.probe("没有考题")
def _(answer, rng):
    return answer(TRAIN, [])


@exercise.probe("答只是练习里某个答的一段")
def _(answer, rng):
    return answer(TRAIN, [("译：红", "red"), ("译：热狗", "hot dog")])


@exercise.probe("没有练习")
def _(answer, rng):
    return answer([], [("译：猫", "cat")])


@exercise.correct("两层循环")
def _(train, test):
    found = []
    for number, (prompt, answer) in enumerate(test):
        for other_prompt, other_answer in train:
            if prompt.strip() == other_prompt.strip() or answer.strip() == other_answer.strip():
                found.append(number)
                break
    return found


@exercise.correct("一个集合装问与答")
def _(train, test):
    seen = {(which, text.strip()) for row in train for which, text in enumerate(row)}
    return [i for i, row in enumerate(test) if any((w, text.strip()) in seen for w, text in enumerate(row))]


exercise.edit("只看整对相同的", hit=lambda p, a, asked, answered: (p, a) in zip(asked, answered, strict=True),
              look="问换一个说法，答还是原来的，也是漏：模型背下答案就行。")
exercise.edit("要问与答都见过才算", hit=lambda p, a, asked, answered: p in asked and a in answered,
              look="问**或**答有一样相同就是漏：or，不是 and。")
exercise.edit("没有看问", hit=lambda p, a, asked, answered: a in answered, look="问相同、答不同，也算。")
exercise.edit("没有看答", hit=lambda p, a, asked, answered: p in asked, look="答相同、问不同，也算。")
exercise.edit("问与答混在一起比", hit=lambda p, a, asked, answered: {p, a} & {*asked, *answered},
              look="问与问比，答与答比：两个集合。")
exercise.edit("没有去掉头尾空白", clean=lambda text: text, look="先 strip 再比。")
exercise.edit("练习没有去掉头尾空白", clean_train=lambda text: text, look="练习与考题都先 strip 再比。")
exercise.edit("考题没有去掉头尾空白", clean_test=lambda text: text, look="练习与考题都先 strip 再比。")
exercise.edit("只去掉了空格", clean=lambda text: text.strip(" "),
              look="换行、制表符、全角空格也是空白：strip() 不给参数。")
exercise.edit("只去掉了末尾的空白", clean=str.rstrip, look="头尾都要去掉：strip()。")
exercise.edit("中间的空白也去掉了", clean=lambda text: "".join(text.split()), look="只去掉头尾的：strip()。")
exercise.edit("中间的空白合并了", clean=lambda text: " ".join(text.split()), look="只去掉头尾的：strip()。")
exercise.edit("没有分大小写", clean=lambda text: text.strip().lower(),
              look="整个相同才算：大小写不同就不相同。")
exercise.edit("把一段相同也算漏", look="要整个相同：练习里有 red cat，考题的 red 不算漏。",
              hit=lambda p, a, asked, answered: any(p in q for q in asked) or any(a in b for b in answered))
exercise.edit("包含练习里的一段也算漏", look="要整个相同：练习里有 cat，考题的 red cat 不因此算漏。",
              hit=lambda p, a, asked, answered: any(q in p for q in asked) or any(b in a for b in answered))
exercise.edit("给的是没有漏的", hit=lambda p, a, asked, answered: not (p in asked or a in answered),
              look="要的是漏了的那几道。")
exercise.edit("只找了第一道", give=lambda found, test: found[:1], look="每一道考题都要看。")
exercise.edit("给的是道数", give=lambda found, test: len(found), look="要序号的列表，不是个数。")
exercise.edit("从 1 数起", give=lambda found, test: [i + 1 for i in found], look="第一道的序号是 0。")
exercise.edit("给的是考题，不是序号", give=lambda found, test: [test[i] for i in found],
              look="要序号：enumerate(test)。")
exercise.edit("给的是集合", give=lambda found, test: set(found), look="返回列表，从小到大。")
exercise.edit("给的是一串成立不成立", give=lambda found, test: [i in found for i in range(len(test))],
              look="要漏了的考题的序号。")
exercise.edit("一样的考题都记成了第一道的序号", give=lambda found, test: [test.index(test[i]) for i in found],
              look="test.index 找的是第一次出现；用 enumerate(test)。")
exercise.edit("一样的考题只记了一次", give=lambda found, test: sorted({test.index(test[i]) for i in found}),
              look="两道一样的考题有两个序号：用 enumerate(test)。")


@exercise.mutant("与几道练习相同就记几次", look="一道考题只记一次：找到一道相同的就 break，或用 any(…)。")
def _(train, test):
    same = lambda a, b: a.strip() == b.strip()
    return [i for i, (p, a) in enumerate(test) for q, b in train if same(p, q) or same(a, b)]


@exercise.mutant("第几道只与第几道比", look="每一道考题要与**所有**的练习比，不是按次序对着比。")
def _(train, test):
    same = lambda a, b: a.strip() == b.strip()
    pairs = zip(train, test, strict=False)
    return [i for i, ((q, b), (p, a)) in enumerate(pairs) if same(p, q) or same(a, b)]


@exercise.mutant("练习里问相同的，只留下了最后一个答",
                 look="字典的键不重复：问相同的几道，前面的答丢了。用集合。")
def _(train, test):
    known = {p.strip(): a.strip() for p, a in train}
    return [i for i, (p, a) in enumerate(test) if p.strip() in known or a.strip() in known.values()]
