"""平等的谈话：两个朋友说说周末、吃的、功课、季节、宠物、天气，一问一答，比一比，约下一次。"""

from tinygpt.corpus.stories.lexicon import Word
from tinygpt.corpus.stories.plans._talk import Talk
from tinygpt.corpus.stories.plans._topics import TOPICS, Topic
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "对话"
TITLES = ("{a}和{b}", "{a}和{b}聊天", "说说{topic}", "{topic}", "两个朋友", "{a}问{b}", "{b}，你呢")
SUMMARY = ("{a}和{b}聊{topic}：{fact1}，{fact2}。", "{a}和{b}谈{topic}，{fact1}，{fact2}。")
SAID = Verb("say", "said that {2}", ("together 0 1",), ("learn 1 2",))
OPEN = (
    "[放学以后|下课了|午饭以后|星期一早上|做完操]，{a}和{b}[坐在一起|一边走一边聊天|站在窗边说话|在树下说话]"
        "。",
    "[今天|昨天|前天]，{a}[去找|来找|碰到|遇到]{b}，[两个人聊了起来|两个人说起话来]。",
    "[公共汽车上|操场上|图书馆门口|回家的路上|小区里|食堂里]，{a}和{b}[聊起天来|说起话来|碰到了]。",
    "{a}和{b}是[同学|邻居|好朋友|同桌]，[常常一起说话|两个人有说不完的话|天天一起回家]。",
    "[春天|夏天|秋天|冬天]的一个[下午|早上]，{a}和{b}[走在路上|坐在长椅上|在门口等车]。",
    "{a}[看见|等到]{b}，[高兴地跑过去|向{b:他}招招手|拉着{b:他}坐下]。",
    "“{b}！”{a}[叫了一声|在后面喊]。{b}停下来等{a:他}，[两个人一起走|两个人边走边说]。",
    "因为[下雨|车还没来|老师还没来|等着排队]，{a}和{b}[站在门口聊天|就聊了起来|坐着说话]。",
    "[班里的|隔壁的]{a}和{b}[最爱聊天|常在一起说话|又聊起来了]。",
    "[有一天|这一天]，{a}[坐在|走到]{b}旁边，[想和{b:他}说说话|两个人聊了起来]。",
    "如果[没有事|下课早]，{a}和{b}总要[坐下来说说话|聊一会儿]。[今天也一样|这一天也是]。",
    "妈妈们在[买菜|说话|里面开会]，{a}和{b}在[旁边|门口]聊天。",
)
DIFFERENT = ("听你", "说的也对", "一年四季", "每个季节", "试试", "教", "带上我")  # 两个人说的一样时不这样接
BACK = ("你呢，{a}？", "{a}，你呢？", "那你呢？", "你也[说说|说一说]，{a}。", "[那么，|]{a}，你呢？")
REPLY = ("<好啊>，{b}！", "[好|行]，说好了！", "[当然可以|没问题]，{b}。")
END = (
    "两个人[越说越高兴|都笑了|说了很久]。",
    "说了半天，{a}和{b}[才|这才]说再见。",
    "{a}[回到家|吃晚饭的时候]，还想着{b}的话。",
    "{b}觉得，[和{a}说话真有意思|有{a}这个朋友真好]。",
    "{a}和{b}[一路走，一路说|说说笑笑]，[不一会儿|不知不觉]就到家了。",
    "就这样，{a}知道了{b}的事，{b}也知道了{a}的事。",
)
# 宠物与天气两个话题另有写法
PETS = {"猫": ("只", "a cat", "鱼", "会[自己开门|捉老鼠|睡在我脚边]"), "狗": ("只", "a dog", "骨头",
    "会[握手|看门|接球]"), "兔子": ("只", "a rabbit", "胡萝卜", "[耳朵长长的|跑得很快|毛是白的]"),
        "乌龟": ("只", "a turtle", "小虾", "[走得很慢|冬天要睡觉|会认人]"), "鹦鹉": ("只", "a parrot", "瓜子",
            "会[问好|学人说话|唱歌]"), "仓鼠": ("只", "a hamster", "花生",
            "[爱跑轮子|会把吃的藏在嘴里]")}  # fmt: skip
PET_NAMES = ("花花", "豆豆", "毛毛", "雪球", "黑黑", "球球", "点点", "团团", "小白", "灰灰", "皮皮", "米米")
PET_ASK = ("{b}，你家养[小动物|动物]吗？", "{b}，你养[小动物|动物]吗？")
PET_SAY = ("[养啊|养了]，我家有一只{pet1}，[叫|名字叫]{n1}，[今年|]{age1}了，{can1}。",
    "我养了一只{pet1}，叫{n1}，{age1}了，最爱吃{eat1}。",
    "养了，我家的{pet1}叫{n1}，今年{age1}，{can1}。")
PET_BACK = ("我家有一只{pet2}，叫{n2}，{age2}了，{older}，爱吃{eat2}。",
    "我有一只{pet2}，[叫|名字叫]{n2}，{age2}了，{older}，{can2}。",
    "我的{pet2}叫{n2}，{age2}了，{older}，最爱吃{eat2}。")
PET_MORE = ("[星期天|明天]我去看{n2}，好吗？", "我能去看看{n2}吗？",
    "下次我给{n2}带[一点|些]{eat2}，好吗？")
WEATHER = {"冷": ("cold", 1, 9), "热": ("hot", 29, 36), "凉快": ("cool", 15, 21), "暖和": ("warm", 18, 25)}
FORECAST = {"下雨": ("[带伞|穿雨鞋]", "[在家下棋|在家看书]"), "刮大风": ("[别骑车|把窗子关好]",
    "[在家画画|早点回家]"), "是晴天": ("[去公园走走|去爬山|去晒太阳]", "[去打球|晒晒被子|去放风筝]"),
    "下雪": ("[慢慢走路|穿厚一点]", "[堆雪人|打雪仗]")}
TOMORROW = {"下雨": "it would rain", "刮大风": "it would be windy", "是晴天": "it would be fine",
    "下雪": "it would snow"}
FITS = {"冷": ("下雪", "刮大风", "是晴天", "下雨"), "热": ("下雨", "刮大风"), "凉快": ("下雨", "刮大风",
    "是晴天"), "暖和": ("下雨", "刮大风", "是晴天")}
W_SAY = ("今天[真|好]{w}，{b}。", "{b}，今天比昨天{w}[多了|一些]，[是吗|对不对]？",
    "今天[怎么这么|真是]{w}啊！", "{b}，你觉得{w}吗？我觉得<很>{w}。")
W_BACK = ("[是啊|对啊]，{temp:量!}度，比昨天[{dir}|{dir}了]{gap:量!}度。",
    "[对|是啊]，昨天{yest:量!}度，今天{temp:量!}度。",
    "[可不是|是啊]，我看了，今天{temp:量!}度，昨天{yest:量!}度，{dir}了{gap:量!}度。")
W_ASK = ("明天[天气怎么样|会怎么样]？", "[你知道|]明天[是什么天气|下雨吗]？",
    "天气预报[怎么说|说明天怎么样]？", "那明天呢？")
W_FORE = ("[天气预报|电视里|老师]说，明天{f}，{do}吧。", "[听说|我听说]明天{f}，[最好|可以]{do}。",
    "明天{f}，我们{do}吧。", "明天{f}，{a}，[你可以|最好]{do}。")
W_END = ("[知道了|好的]，谢谢你告诉我。", "[知道了|好]，那就{do}。", "[好|行]，[谢谢|多谢]{b}！",
    "[幸亏|还好]我问了你，{b}。", "好，{do2}也不错。")


def tell(t: Teller) -> None:
    t.cast("a", "child")
    t.cast("b", "child")
    t.set("here", Word("一处"))
    t.scene("here", "a", "b")
    talk = Talk(t, t.chance(2, 5))
    kind = t.choose(range(len(TOPICS) + 2))
    talk.tell(OPEN if kind <= len(TOPICS) else OPEN[:4] + OPEN[5:])
    if kind < len(TOPICS):
        _topic(t, talk, TOPICS[kind])
    else:
        (_pets if kind == len(TOPICS) else _weather)(t, talk)
    if t.chance(1, 2):
        talk.tell(END)
    talk.close()
    t.sum_up(SUMMARY)


def _topic(t: Teller, talk: Talk, topic: Topic) -> None:
    """先问 b，b 说了反问 a；两个人可能一样，也可能不一样。"""
    t.set("topic", topic.name)
    same = t.chance(1, 4)
    options = tuple(Word(x) for x in topic.options)
    if same:
        t.set("x1", t.choose(options))
        t.set("x2", t.roles["x1"])
    else:
        t.pair("x1", options, "x2", options, lambda one, two: one != two)
    talk("a", "b", "问", topic.ask)
    detail = _turn(t, topic, "b", "a", "x1")
    talk("b", "a", "答", topic.say, BACK)
    _turn(t, topic, "a", "b", "x2", but=detail)
    talk("a", "b", "答", topic.same if same else topic.other)
    _close(t, talk, tuple(x for x in topic.more if not same or not any(mark in x for mark in DIFFERENT)))
    for key, x, fact in (("b", "x1", "fact1"), ("a", "x2", "fact2")):
        ask, answer = (s.replace("{0}", f"{{{key}}}").replace("{1}", f"{{{x}}}") for s in topic.question)
        t.ask("what", (ask,), (answer,))
        t.set(fact, topic.fact.format(t.roles[key].name, t.roles[x].name))
    yes = ("一样。", "一样，{fact1}，{fact2}。") if same else ("不一样，{fact1}，{fact2}。", "不一样。")
    t.ask("what", ("{a}和{b}说的一样吗？", "两个人说的一样不一样？"), yes)


def _turn(t: Teller, topic: Topic, who: str, to: str, key: str, but: str = "") -> str:
    """轮到 who 说：定下 {x} 和 {how}，记一件事。返回用过的细节。"""
    option = t.roles[key].name
    english, details = topic.options[option]
    detail = t.choose([d for d in details if d != but])
    t.set("x", Word(option))
    t.phrase("how", (detail,))
    t.set(f"{key}_said", Word(f"{who}{option}", f"{_she(t, who)} {english}"))
    t.do(SAID, who, to, f"{key}_said")
    return detail


def _she(t: Teller, key: str) -> str:
    return "he" if t.roles[key].pronoun == "他" else "she"


def _close(t: Teller, talk: Talk, more: tuple[str, ...]) -> None:
    before = len(t.surface.text)
    talk("b", "a", "说", more)
    if any(mark in t.surface.text[before:] for mark in "？吧"):
        talk("a", "b", "答", REPLY, bare=True)


def _pets(t: Teller, talk: Talk) -> None:
    """各养一只小动物：名字、岁数、爱吃什么、会做什么，比比谁大。"""
    t.set("topic", "小动物")
    kinds = tuple(Word(p, english) for p, (_, english, _, _) in PETS.items())
    t.pair("pet1", kinds, "pet2", kinds)
    names, ages = t.chooser.sample(PET_NAMES, 2), t.chooser.sample(range(1, 7), 2)
    for i, key in ((1, "b"), (2, "a")):
        pet = t.roles[f"pet{i}"]
        _, english, eat, can = PETS[pet.name]
        t.set(f"n{i}", names[i - 1])
        t.number(f"age{i}", ages[i - 1], "岁")
        t.set(f"eat{i}", eat)
        t.phrase(f"can{i}", (can,))
        t.set(f"said{i}", Word(f"养{pet.name}", f"{_she(t, key)} had {english}"))
        t.set(f"fact{i}", f"{t.roles[key].name}的{pet.name}叫{names[i - 1]}")
    gap = t.number("gap", abs(ages[0] - ages[1]), "岁").name
    t.phrase("older", (f"比{names[0]}{'大' if ages[1] > ages[0] else '小'}{gap}",))
    talk("a", "b", "问", PET_ASK)
    t.do(SAID, "b", "a", "said1")
    talk("b", "a", "答", PET_SAY, BACK)
    t.do(SAID, "a", "b", "said2")
    talk("a", "b", "答", PET_BACK)
    _close(t, talk, PET_MORE)
    for i, key in ((1, "b"), (2, "a")):
        t.ask("who", (f"{{{key}}}的{{pet{i}}}叫什么名字？",), (f"{{n{i}}}。", f"叫{{n{i}}}。"))
        t.ask("how_many", (f"{{n{i}}}几岁？", f"{{n{i}}}多大了？"), (f"{{age{i}}}。",))
    t.ask("who", ("{n1}和{n2}，谁大？",), ("{n1}大。",) if ages[0] > ages[1] else ("{n2}大。",))


def _weather(t: Teller, talk: Talk) -> None:
    """今天冷不冷，比昨天高几度，明天怎样，要做什么。"""
    t.set("topic", "天气")
    cases = tuple(Word(w) for w in WEATHER), tuple(Word(f) for f in FORECAST)
    t.pair("w", cases[0], "f", cases[1], lambda w, f: f.name in FITS[w.name])
    w, f = t.roles["w"].name, t.roles["f"].name
    english, low, high = WEATHER[w]
    temp, gap = t.choose(range(low, high)), t.choose(range(2, 7))
    up = w in ("热", "暖和")
    t.number("temp", temp), t.number("gap", gap), t.number("yest", temp - gap if up else temp + gap)
    t.set("dir", "高" if up else "低")
    first, second = t.chooser.sample(FORECAST[f], 2)
    t.phrase("do", (first,)), t.phrase("do2", (second,))
    t.set("said1", Word("今天", f"it was {english} that day"))
    t.do(SAID, "a", "b", "said1")
    talk("a", "b", "说", W_SAY)
    talk("b", "a", "答", W_BACK)
    talk("a", "b", "问", W_ASK)
    t.set("said2", Word("明天", f"{TOMORROW[f]} the next day"))
    t.do(SAID, "b", "a", "said2")
    talk("b", "a", "答", W_FORE)
    talk("a", "b", "说", W_END, bare=True)
    t.set("fact1", f"今天{t.roles['temp'].name}度"), t.set("fact2", f"明天{f}")
    t.ask("how_many", ("今天多少度？", "今天几度？"), ("{temp}度。",))
    t.ask("how_many", ("今天比昨天" + t.roles["dir"].name + "几度？",), ("{gap:量}度。",))
    t.ask("what", ("明天天气怎么样？", "明天是什么天气？"), ("明天{f}。",))
