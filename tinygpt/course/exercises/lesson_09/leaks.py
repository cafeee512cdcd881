"""练习 9.2 找出漏了的考题。"""

from tinygpt.course.diagnosis import Exercise


def leaks_with(pair=True, answer=True, prompt=True, strip=True, keep=lambda found: found, other=False):
    def run(train, test):
        clean = (lambda text: text.strip()) if strip else (lambda text: text)
        asked, answered = {clean(p) for p, _ in train}, {clean(a) for _, a in train}
        both = {(clean(p), clean(a)) for p, a in train}
        found = []
        for i, (p, a) in enumerate(test):
            p, a = clean(p), clean(a)
            hit = (prompt and p in asked) or (answer and a in answered) or (pair and (p, a) in both)
            if hit != other:
                found.append(i)
        return keep(found)

    return run


exercise = Exercise(
    "9.2", "找出漏了的考题", leaks_with(),
    look="问或答（去掉头尾空白）有一样与练习里的某一道相同，就算漏；"
         "给出它们在考题里的序号，从 0 数起，从小到大。",
)
TRAIN = [("译：猫", "cat"), ("译：狗", "dog"), ("译：红色的猫", "red cat"), ("译：狗", "hound")]


@exercise.probe("一道也没有漏")
def _(answer, rng):
    return answer(TRAIN, [("译：鸟", "bird"), ("译：红色的狗", "red dog")])


@exercise.probe("问与答都见过")
def _(answer, rng):
    return answer(TRAIN, [("译：鸟", "bird"), ("译：猫", "cat")])


@exercise.probe("只有答见过")
def _(answer, rng):
    return answer(TRAIN, [("译：猫咪", "cat"), ("译：鸟", "bird"), ("译：犬", "hound")])


@exercise.probe("只有问见过")
def _(answer, rng):
    return answer(TRAIN, [("译：鸟", "bird"), ("译：狗", "puppy")])


@exercise.probe("头尾有空白")
def _(answer, rng):
    return answer(TRAIN, [("译：鸟", " cat\n"), (" 译：狗", "puppy"), ("译：红猫", "redcat")])


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


exercise.mutant("只看整对相同的", leaks_with(answer=False, prompt=False),
                look="问换一个说法，答还是原来的，也是漏：模型背下答案就行。")
exercise.mutant("没有看问", leaks_with(prompt=False), look="问相同、答不同，也算。")
exercise.mutant("没有看答", leaks_with(answer=False), look="答相同、问不同，也算。")
exercise.mutant("没有去掉头尾空白", leaks_with(strip=False), look="先 strip 再比。")
exercise.mutant("给的是没有漏的", leaks_with(other=True), look="要的是漏了的那几道。")
exercise.mutant("只找了第一道", leaks_with(keep=lambda found: found[:1]), look="每一道考题都要看。")
exercise.mutant("给的是道数", leaks_with(keep=len), look="要序号的列表，不是个数。")
exercise.mutant("从 1 数起", leaks_with(keep=lambda found: [i + 1 for i in found]), look="第一道的序号是 0。")


@exercise.mutant("把一段相同也算漏", look="要整个相同：练习里有 red cat，考题的 red 不算漏。")
def _(train, test):
    return [
        i for i, (p, a) in enumerate(test)
        if any(p.strip() in q.strip() or a.strip() in b.strip() for q, b in train)
    ]
