"""练习 13.6 补上奖励的漏洞。"""

import re

from tinygpt.course.diagnosis import Exercise

LENGTHS = (5, 7)


def split_at(marks):
    return lambda text: [line for line in re.split(marks, text) if line]


into_lines = split_at(r"[，。！？；、\s]+")


def reward_with(
    cut=into_lines, count=lambda n: n == 4, length=lambda sizes: sizes <= set(LENGTHS),
    alike=lambda sizes: len(sizes) == 1, different=lambda lines: len(set(lines)) == len(lines), give=float,
):  # fmt: skip
    """cut：切成行；count：行数对不对；length：字数对不对；alike：一样长；different：没有重复。"""

    def run(text):
        lines = cut(text)
        sizes = {len(line) for line in lines}
        return give(count(len(lines)) and length(sizes) and alike(sizes) and different(lines))

    return run


exercise = Exercise(
    "13.6",
    "补上奖励的漏洞",
    reward_with(),
    look="切成各行，去掉空的；正好四行，每行一样长，五个字或七个字，没有两行相同：都成立才是 1.0。",
    assemble=reward_with,
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
probes("六个字，四个字，八个字", "夜深了天又晴，\n风过了月更明。\n小河水慢慢流，\n抬头去数星星。",
       "夜深天晴，风过月明。小河慢流，抬头数星。",
       "夜深了天又晴起来，风过了月亮更分明。小河的水慢慢地流，抬起头来数着星星。")
probes("挨着的两行相同", "抬头数星星，\n抬头数星星。\n小河慢慢流，\n夜深天又晴。")
probes("隔着的两行相同", "抬头数星星，\n夜深天又晴。\n抬头数星星，\n风过月更明。")
probes("别的标点与空行", "夜深天又晴！\n\n风过月更明？\n小河慢慢流；\n抬头数星星、\n")
probes("什么也没有", "", "，。\n", " ")
LINES = POEM.translate({ord(mark): None for mark in "，。"}).split()
probes("六种标点，各用一种", *(mark.join(LINES) for mark in "，。！？；、"))
probes("空格、制表符、全角空格、换行，各用一种", *(space.join(LINES) for space in " \t\u3000\n"))
probes("一行的中间有空白：切成了两行", "夜深 天又晴，\n风过月更明。\n小河慢慢流，\n抬头数星星。")
probes("别的符号也是字",
       "夜深：又晴，风过月更明。小河慢慢流，抬头数星星。",
       "夜深天又晴：风过月更明。小河慢慢流，抬头数星星。",
       "夜深天又晴,风过月更明.小河慢慢流,抬头数星星.", "a夜b深1，风过月更明。小河慢慢流，抬头数星星。")
probes("两行、六行、八行", "夜深天又晴，风过月更明。", POEM + "小鸟不出声，天上白云飞。",
       POEM + "春来花又开，秋去叶先黄。门前一条路，家在水中央。")
probes("四行相同，三行相同，两两相同，首尾相同", "抬头数星星。" * 4,
       "抬头数星星，抬头数星星。抬头数星星，夜深天又晴。", "抬头数星星，夜深天又晴。" * 2,
       "抬头数星星，夜深天又晴。风过月更明，抬头数星星。")
probes("开头的字相同，不算重复", "天上白云飞，天下有人家。天黑雨又来，天亮鸟先飞。")
probes("四、六、五、五，五、六、五、五，五、五、五、七个字",
       "夜深天晴，风过了月更明。小河慢慢流，抬头数星星。",
       "夜深天又晴，风过了月更明。小河慢慢流，抬头数星星。",
       "夜深天又晴，风过月更明。小河慢慢流，竹叶轻轻动晚风。")


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


def share_of_fitting(text):
    fits = [len(line) in LENGTHS for line in into_lines(text)]
    return sum(fits) / len(fits) if fits else 0.0


exercise.mutant("只看每行的字数占几成", share_of_fitting,
                look="这正是留了漏洞的奖励：一行五个字就得满分。四行、一样长、不重复，都要查。")
exercise.edit("没有数行数", count=lambda n: n > 0, look="正好四行：一行五个字不是诗。")
exercise.edit("多于四行也算", count=lambda n: n >= 4, look="正好四行，多了也不行。")
exercise.edit("少于四行也算", count=lambda n: 0 < n <= 4, look="正好四行，少了也不行。")
exercise.edit("八行也算", count=lambda n: n in (4, 8), look="正好四行。")
exercise.edit("各行可以不一样长", alike=lambda sizes: True, look="四行一样长：五个字与七个字不能混着。")
exercise.edit("没有管字数", length=lambda sizes: True, look="每行五个字或七个字，六个字不行。")
exercise.edit("五、六、七个字都算", length=lambda sizes: sizes <= {5, 6, 7},
              look="五个字或七个字，六个字不行。")
exercise.edit("只认五个字", length=lambda sizes: sizes <= {5}, look="七个字的也是诗。")
exercise.edit("只认七个字", length=lambda sizes: sizes <= {7}, look="五个字的也是诗。")
exercise.edit("没有查重复", different=lambda lines: True, look="没有两行相同：不查，模型会把一行写四遍。")
exercise.edit("只查了挨着的两行",
              different=lambda lines: all(a != b for a, b in zip(lines, lines[1:], strict=False)),
              look="隔着的两行相同也不行：用集合，len(set(各行)) 要等于 4。")
exercise.edit("只查了是不是全都相同", different=lambda lines: len(set(lines)) > 1,
              look="有**两行**相同就不行：len(set(各行)) 要等于 4。")
exercise.edit("允许有两行相同", different=lambda lines: len(set(lines)) > 2,
              look="有**两行**相同就不行：len(set(各行)) 要等于 4。")
exercise.edit("只比了首行与末行", different=lambda lines: lines[0] != lines[-1],
              look="任何两行都不能相同：用集合。")
exercise.edit("开头的字相同也不行", different=lambda lines: len({line[0] for line in lines}) == len(lines),
              look="整行相同才算重复。")
exercise.edit("标点也算了字数", cut=split_at(r"\s+"), look="先把标点去掉再数字数。")
exercise.edit("只按逗号与句号切", cut=split_at(r"[，。\s]+"), look="！？；、也是标点。")
exercise.edit("没有按分号切", cut=split_at(r"[，。！？、\s]+"), look="，。！？；、六种都要切。")
exercise.edit("没有按顿号切", cut=split_at(r"[，。！？；\s]+"), look="，。！？；、六种都要切。")
exercise.edit("没有按空白切", cut=split_at(r"[，。！？；、]+"), look="空白处也要切：[，。！？；、\\s]+。")
exercise.edit("空白只按换行切", cut=split_at(r"[，。！？；、\n]+"),
              look="空格、制表符、全角空格也是空白：\\s。")
exercise.edit("空白只按空格与换行切", cut=split_at(r"[，。！？；、 \n]+"),
              look="制表符、全角空格也是空白：\\s。")
exercise.edit("去掉了空白，没有在那里切",
              cut=lambda text: split_at(r"[，。！？；、]+")(re.sub(r"\s", "", text)),
              look="空白处也要**切开**，不是去掉。")
exercise.edit("别的标点也切了", cut=split_at(r"\W+"), look="只在 ，。！？；、与空白处切，别的符号算一个字。")
exercise.edit("英文的标点也切了", cut=split_at(r"[，。！？；、,.!?;\s]+"),
              look="只在 ，。！？；、与空白处切，别的符号算一个字。")
exercise.edit("冒号也切了", cut=split_at(r"[，。！？；、：\s]+"),
              look="只在 ，。！？；、与空白处切，别的符号算一个字。")
exercise.edit("只认汉字", cut=lambda text: re.findall(r"[\u4e00-\u9fff]+", text),
              look="只在 ，。！？；、与空白处切，别的符号、字母、数字都算一个字。")
exercise.edit("没有去掉空的", cut=lambda text: re.split(r"[，。！？；、\s]+", text),
              look="开头、末尾有标点时，切出来有空的一段：去掉它。")
exercise.edit("一行一行地切，标点只去了头尾", look="一行里也可能有几句：在标点与空白处都切开。",
              cut=lambda text: [line.strip("，。！？；、") for line in text.splitlines() if line])
exercise.edit("按空白切，标点只去了头尾", look="句与句之间可能没有空白：在标点处也切开。",
              cut=lambda text: [line.strip("，。！？；、") for line in text.split()])
exercise.edit("交出了 True 与 False", give=bool, look="返回 1.0 或 0.0：float(…)。")
exercise.edit("不成立时给了 −1", give=lambda good: 1.0 if good else -1.0, look="不成立是 0.0。")
exercise.edit("不成立时没有返回", give=lambda good: 1.0 if good else None, look="不成立也要 return 0.0。")
exercise.edit("只看了总的字数", length=lambda sizes: True, alike=lambda sizes: True,
              different=lambda lines: len(set(lines)) == len(lines) and sum(map(len, lines)) in (20, 28),
              look="每一行各是五个字或七个字，加起来对不算。")
exercise.edit("只看了第一行的字数", length=lambda sizes: True, alike=lambda sizes: True,
              different=lambda lines: len(set(lines)) == len(lines) and len(lines[0]) in LENGTHS,
              look="四行都要查，都一样长。")
exercise.mutant("空的文字出错", lambda text: reward_with(count=lambda n: True)(text) * (
    len(into_lines(text)) == 4) if into_lines(text)[0] else 0.0,
                look="先看有没有四行，再取 lines[0]。")  # fmt: skip
