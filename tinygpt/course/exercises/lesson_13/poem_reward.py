"""练习 13.6 补上奖励的漏洞。"""

import re

from tinygpt.course.diagnosis import Exercise

LENGTHS = (5, 7)


def reward_with(
    rows=4,
    same=True,
    lengths=LENGTHS,
    different="all",
    split=r"[，。！？；、\s]+",
    at_least=False,
    share=False,
):
    """参考答案的几种改法。"""

    def run(text):
        lines = [line for line in re.split(split, text) if line]
        fits = [len(line) in lengths for line in lines]
        if share:
            return sum(fits) / len(fits) if fits else 0.0
        good = bool(lines) and all(fits)
        if rows:
            good = good and (len(lines) >= rows if at_least else len(lines) == rows)
        if same:
            good = good and len({len(line) for line in lines}) == 1
        if different == "all":
            good = good and len(set(lines)) == len(lines)
        if different == "next":
            good = good and all(a != b for a, b in zip(lines, lines[1:]))
        return float(good)

    return run


exercise = Exercise(
    "13.6",
    "补上奖励的漏洞",
    reward_with(),
    look="切成各行，去掉空的；正好四行，每行一样长，五个字或七个字，没有两行相同：都成立才是 1.0。",
)
POEM = "夜深天又晴，\n风过月更明。\n小河慢慢流，\n抬头数星星。"
SEVEN = "一夜北风吹雪花，红灯挂在小人家。屋外风大天又冷，灯下奶奶剪窗花。"


def probes(name, *texts):
    @exercise.probe(name)
    def _(answer, rng):
        return [answer(text) for text in texts]


probes("五个字的诗", POEM)
probes("七个字的诗，写在一行", SEVEN)
probes("一行", "抬头数星星。")
probes("三行与五行", POEM.rsplit("\n", 1)[0], POEM + "\n小鸟不出声。")
probes("长短不一", "夜深天又晴，\n竹叶轻轻动晚风。\n小河慢慢流，\n抬头数星星。")
probes("六个字", "夜深了天又晴，\n风过了月更明。\n小河水慢慢流，\n抬头去数星星。")
probes("挨着的两行相同", "抬头数星星，\n抬头数星星。\n小河慢慢流，\n夜深天又晴。")
probes("隔着的两行相同", "抬头数星星，\n夜深天又晴。\n抬头数星星，\n风过月更明。")
probes("别的标点与空行", "夜深天又晴！\n\n风过月更明？\n小河慢慢流；\n抬头数星星、\n")
probes("什么也没有", "", "，。\n")


@exercise.correct("先数，再逐条问")
def _(text):
    for mark in "，。！？；、":
        text = text.replace(mark, "\n")
    lines = text.split()
    if len(lines) != 4 or len(set(lines)) != 4:
        return 0.0
    return 1.0 if [len(line) for line in lines] in ([5] * 4, [7] * 4) else 0.0


@exercise.correct("用正则表达式找出各行")
def _(text):
    lines = re.findall(r"[^，。！？；、\s]+", text)
    sizes = {len(line) for line in lines}
    return float(len(lines) == len(set(lines)) == 4 and (sizes == {5} or sizes == {7}))


exercise.mutant(
    "只看每行的字数占几成",
    reward_with(share=True),
    look="这正是留了漏洞的奖励：一行五个字就得满分。四行、一样长、不重复，都要查。",
)
exercise.mutant("没有数行数", reward_with(rows=0), look="正好四行：一行五个字不是诗。")
exercise.mutant("多于四行也算", reward_with(at_least=True), look="正好四行，多了也不行。")
exercise.mutant("各行可以不一样长", reward_with(same=False), look="四行一样长：五个字与七个字不能混着。")
exercise.mutant("没有管字数", reward_with(lengths=range(1, 100)), look="每行五个字或七个字，六个字不行。")
exercise.mutant("只认五个字", reward_with(lengths=(5,)), look="七个字的也是诗。")
exercise.mutant("没有查重复", reward_with(different="none"), look="没有两行相同：不查，模型会把一行写四遍。")
exercise.mutant(
    "只查了挨着的两行",
    reward_with(different="next"),
    look="隔着的两行相同也不行：用集合，len(set(各行)) 要等于 4。",
)
exercise.mutant("标点也算了字数", reward_with(split=r"\s+"), look="先把标点去掉再数字数。")
exercise.mutant("只按逗号与句号切", reward_with(split=r"[，。\s]+"), look="！？；、也是标点。")
