"""练习 12.3 拿走一条事实。"""

from tinygpt.course.diagnosis import Exercise


def states(text, fact):
    return fact[0] in text and fact[1] in text


def without_with(test=states, check=True, drop=False, restart=False, one=False):
    def run(documents, fact, spares):
        fresh = [text for text in spares if not states(text, fact)] if check else list(spares)
        found, used = [], 0
        for text in documents:
            if not test(text, fact):
                found.append(text)
            elif not drop:
                found.append(fresh[0 if restart else used])
                used += 1
        return found

    return run


DOCUMENTS = ["猫会捉老鼠。", "狗会看门。", "大家都说猫最会捉老鼠。", "猫爱吃鱼。", "老鹰也会捉老鼠。"]
FACT = ("猫", "捉老鼠")
SPARES = ["马会跑。", "小猫捉老鼠。", "牛会耕地。", "羊会吃草。"]

exercise = Exercise(
    "12.3", "拿走一条事实", without_with(),
    look="名字与内容都在的那几篇，依次换成 spares 里下一篇不说它的；别的原样，位置与篇数不变。",
)


@exercise.probe("换两篇，备用的里有一篇不能用")
def _(answer, rng):
    return answer(list(DOCUMENTS), FACT, list(SPARES))


@exercise.probe("只有名字或只有内容的不换")
def _(answer, rng):
    return answer(["猫爱吃鱼。", "老鹰会捉老鼠。", "狗看门。"], FACT, list(SPARES))


@exercise.probe("第一篇与最后一篇都要换")
def _(answer, rng):
    return answer(["猫捉老鼠。", "狗看门。", "捉老鼠的是猫。"], FACT, ["一。", "二。", "三。"])


@exercise.probe("全都要换")
def _(answer, rng):
    return answer(["猫捉老鼠。"] * 3, FACT, ["一。", "猫会捉老鼠。", "二。", "三。"])


@exercise.probe("没有一篇要换；没有文档")
def _(answer, rng):
    return [answer(["狗看门。"], FACT, ["一。"]), answer([], FACT, ["一。"]), answer(["狗看门。"], FACT, [])]


@exercise.probe("没有改动输入")
def _(answer, rng):
    documents, spares = list(DOCUMENTS), list(SPARES)
    answer(documents, FACT, spares)
    return [documents == DOCUMENTS, spares == SPARES]


@exercise.probe("同样的一篇出现两次，各换各的")
def _(answer, rng):
    return answer(["猫捉老鼠。", "狗看门。", "猫捉老鼠。"], FACT, ["甲。", "乙。", "丙。"])


@exercise.correct("迭代器")
def _(documents, fact, spares):
    name, value = fact
    fresh = (text for text in spares if name not in text or value not in text)
    return [next(fresh) if name in text and value in text else text for text in documents]


@exercise.correct("先找位置，再换")
def _(documents, fact, spares):
    done = documents[:]
    places = [i for i, text in enumerate(done) if all(part in text for part in fact)]
    usable = [text for text in spares if not all(part in text for part in fact)]
    for place, text in zip(places, usable):
        done[place] = text
    return done


exercise.mutant("删掉了，没有换", without_with(drop=True), look="删掉会让后面的各篇都挪位置：换成另一篇。")
exercise.mutant("备用的没有检查", without_with(check=False), look="换上去的一篇也不能说到这条事实。")
exercise.mutant("名字或内容有一样就换", without_with(test=lambda t, f: f[0] in t or f[1] in t),
                look="名字与内容都在，才算说到。")
exercise.mutant("只看名字", without_with(test=lambda t, f: f[0] in t), look="内容也要在。")
exercise.mutant("只看内容", without_with(test=lambda t, f: f[1] in t),
                look="名字也要在：别的事物也可以有这个内容。")
exercise.mutant("每次都换成同一篇", without_with(restart=True), look="依次取备用的：用过的一篇不再用。")


@exercise.mutant("改动了输入", look="返回一个新的列表，原来的还要拿来做对照。")
def _(documents, fact, spares):
    documents[:] = without_with()(documents, fact, spares)
    return documents


@exercise.mutant("只换了第一篇", look="说到它的每一篇都要换。")
def _(documents, fact, spares):
    done = list(documents)
    for i, text in enumerate(done):
        if states(text, fact):
            done[i] = next(t for t in spares if not states(t, fact))
            break
    return done


@exercise.mutant("换上去的放到了末尾", look="位置不变：哪一篇要换，就换在哪里。")
def _(documents, fact, spares):
    kept, done = without_with(drop=True)(documents, fact, spares), without_with()(documents, fact, spares)
    return kept + [text for old, text in zip(documents, done) if states(old, fact)]
