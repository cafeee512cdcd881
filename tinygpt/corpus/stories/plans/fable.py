"""寓言：几个自己编的小故事，主角是动物；先这样做，后那样做，结果不同；最后一句平常的道理。"""

from tinygpt.corpus.stories.lexicon import Place, Word
from tinygpt.corpus.stories.plans._fables import PLOTS
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "寓言"
TITLES = ("{a}和{b}", "{a}的{x}", "{plot}", "{a}、{b}和{x}", "两个邻居", "{b}和{x}", "{a}、{b}和{c}")
SUMMARY = ("{a}和{b}的故事：{outcome}。", "{outcome}，所以说，{moral}。")
TRY = Verb("try", "{1}", (), (), (("what", ("{0}是怎么做的？", "{0}做了什么？"), ("{0}{1}。",)),))
PLACES = tuple(
    Place(name, suffix, english)
    for name, suffix, english in (
        ("森林", "里", "in the forest"), ("山脚下", "", "at the foot of the hill"), ("小河边", "",
         "by the stream"),
        ("田野", "里", "in the fields"), ("村子", "里", "in the village"), ("山坡", "上", "on the hillside"),
        ("大树", "下", "under the big tree"), ("竹林", "边", "by the bamboo grove"), ("池塘边", "",
         "by the pond"),
        ("山谷", "里", "in the valley"),
    )
)  # fmt: skip
OPEN = (
    "从前，{p:里}住着{a:一}和{b:一}。", "[很久以前|很早以前]，{p:里}有{a:一}，还有{b:一}。",
    "{p:里}有两个[邻居|朋友]，一个是{a}，一个是{b}。", "{a}和{b}[住在{p:里}|是{p:里}的邻居|都住在{p:里}]。",
    "[山那边|桥那边|大河那边]的{p:里}，住着{a:一}和{b:一}。", "{p:里}的{a}和{b}，[谁都认识|大家都知道]。",
    "[{c}|老人们|爷爷|外婆]常讲{p:里}的{a}和{b}的故事。", "[你听说过|你知道|你听过]{p:里}的{a}和{b}吗？",
    "{p:里}有{a:一}，还有{b:一}。", "从前，{p:里}有{a:一}，{a:他}的[朋友|邻居]是{b:一}。",
)
TRAITS = (
    "{a}[性子急|嗓门大|爱说大话|总想省事|爱睡懒觉|跑得快|力气大|爱热闹|坐不住|心很粗|嘴很甜|胆子大|爱唱歌|"
        "爱打扮|最怕麻烦|记性不好]，"
    "{b}[不爱说话|做事慢|老老实实|肯动脑筋|心很细|爱干活|脾气好|个子小|走路慢|起得早|爱干净|手很巧|胆子小|"
        "听话|记性好|什么都肯学]。",
    "{b}[话不多|做事慢|很老实|肯动脑筋|心细|爱干活|脾气好|个子小|起得早|爱干净|手很巧|什么都肯学]，"
    "{a}[性子急|嗓门大|爱说大话|总想省事|爱睡懒觉|跑得快|力气大|爱热闹|坐不住|心粗|嘴甜|最怕麻烦]。",
)
WATCH = (  # 旁观的 c：在 a 做了不妥的事以后
    "{c}[看见了|路过这里|从窗子里看见]，说：“{a}，[这样行吗|你再想想吧|我看不太好]？”",
    "{c}[摇摇头|叹了口气|笑了笑|看了一会儿]，[没有说话|走开了|回家去了|什么也没说]。",
    "{c}问{a}[为什么这样做|这样好不好]，{a}说：“[你不懂|你别管|等着看吧]。”",
    "[树上的|路过的|隔壁的]{c}[看在眼里|看得清清楚楚|都看见了]，[替{a}着急|什么也没说|想：等着看吧]。",
)
WATCH_END = (  # 结果出来以后
    "{c}、{d}和{e}[听说了|知道了]，[都笑了|讲给大家听|对孩子们说起这件事|都夸{b}]。",
    "{c}和{d}[也来了|走过来]，说：“[{b}做得对|还是{b}的办法好|我们早就说过]。”",
    "[从此|以后]，{c}、{d}和{e}[常常说起这件事|有事也来问{b}|都跟{b}学]。",
)
NEIGHBOURS = ("[不远处|旁边|那里]还住着{c}、{d}和{e}。", "{c}、{d}和{e}[常来|也常来]找它们玩。",
    "它们的[朋友|邻居]还有{c}、{d}和{e}。")
MORAL = (
    "所以说，{moral}。", "[这个故事说的是|这个故事告诉我们|故事的道理是]：{moral}。", "{moral}。",
    "[后来|从此|以后]，大家都说：“{moral}。”", "[你看|可见|原来]，{moral}。",
        "{a}[终于|这才|总算]明白了：{moral}。",
    "{c}[说|常说]：“{moral}。”", "{b}对{a}说：“{moral}。”",
)


def tell(t: Teller) -> None:
    for key in ("a", "b", "c", "d", "e"):
        t.cast(key, "animal")
    plots = {p.name: p for p in PLOTS}
    t.pair("plot", tuple(Word(p.name) for p in PLOTS), "p", PLACES)
    plot = plots[t.roles["plot"].name]
    t.set("x", t.choose(plot.things))
    for key, place in (("a", 0), ("b", 2)):
        t.set(f"{key}_act", Word(plot.acts[place], plot.acts[place + 1]))
    t.set("outcome", plot.outcome)
    t.set("moral", t.choose(plot.morals))
    t.scene("p", "a", "b")
    t.say(OPEN)
    near = t.chance(1, 2)  # 邻居先出场，后面才说话
    if near:
        t.say(NEIGHBOURS)
    t.say(TRAITS)
    t.do(TRY, "a", "a_act")
    t.do(TRY, "b", "b_act")
    watch = t.choose((1, 2, 3)) if plot.name != "过冬的粮食" else 2
    for i, beat in enumerate(plot.beats):
        if i != plot.spare or t.chance(1, 3):
            t.say(beat)
        if near and i == watch and t.chance(2, 3):
            t.say(WATCH)
    if near:
        t.say(WATCH_END)
    t.say(MORAL)
    t.ask("what", ("结果怎么样？", "后来怎么样了？"), ("{outcome}。",))
    t.ask("what", ("这个故事说明了什么？", "这个故事的道理是什么？"), ("{moral}。",))
    t.sum_up(SUMMARY)
