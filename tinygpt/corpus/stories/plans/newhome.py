"""搬家：几样东西各放在哪里，放错了再换；谁来帮忙；新邻居来打招呼。最后每样东西在哪里由状态定。"""

from tinygpt.corpus.stories.lexicon import Place, Thing, Word
from tinygpt.corpus.stories.plans import _common as common
from tinygpt.corpus.stories.plans._talk import ask_told
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "故事"
TITLES = ("搬家", "{a}搬家", "新家", "{a}的新家", "新邻居{b}", "{x}放在哪里", "搬家那天")
SUMMARY = ("{a}搬到{home}，把{x}放在{p1}，{y}放在{p2}，认识了新邻居{b}。",
    "{a}家搬到{home}，{b}来帮忙，{x}最后放在{p1}。")
MOVE = Verb("move_house", "moved {2} with {1}", (), (), (("where", ("{0}搬到哪里？", "{0}的新家在哪里？"),
    ("搬到{2}。", "{2}。")),))
PUT = Verb("put", "put {1} {2:at}", ("free 1",), ("put 1 2",))
HELP = Verb("help", "helped {1} with the moving", (), (), (("who", ("谁来帮{1}搬家？", "来帮忙的邻居是谁？"),
    ("{0}。", "是{0}。")),))
HOMES = {  # 新家：英文、里面能放东西的地方
    "三楼": "to the third floor", "五楼": "to the fifth floor", "河边的新楼": "to a new house by the river",
    "城东": "to the east of the town", "学校旁边": "next to the school",
    "老街": "to the old street", "公园对面": "opposite the park", "一楼": "to the ground floor",
    "湖边": "to the lakeside", "车站附近": "near the station",
}  # fmt: skip


def _t(name: str, english: str, measure: str) -> Thing:
    return Thing(name, english, measure)


def _p(name: str, english: str) -> Place:
    return Place(name, "", english)


WINDOW, CORNER = _p("窗前", "by the window"), _p("墙角", "in the corner")
WALL, BALCONY, BED, DESK = _p("墙边", "by the wall"), _p("阳台上", "on the balcony"), _p("床边",
"by the bed"), _p("书桌上", "on the desk")
SHELF, TABLE, SILL = _p("架子上", "on the shelf"), _p("桌子上", "on the table"), _p("窗台上",
"on the window sill")
FITS = {  # 东西 → 能放的地方
    _t("书桌", "desk", "张"): (WINDOW, WALL, CORNER), _t("书架", "bookshelf", "个"): (WALL, WINDOW,
        CORNER, BED), _t("小床", "bed", "张"): (WINDOW, WALL, CORNER),
    _t("台灯", "lamp", "盏"): (DESK, TABLE, BED), _t("鱼缸", "fish tank", "个"): (WINDOW, TABLE, SHELF,
        CORNER), _t("花盆", "flower pot", "个"): (BALCONY, SILL, WINDOW, SHELF),
    _t("钢琴", "piano", "架"): (WALL, WINDOW, CORNER), _t("椅子", "chair", "把"): (WINDOW, WALL, BED,
        BALCONY), _t("衣柜", "wardrobe", "个"): (WALL, CORNER, BED),
    _t("镜子", "mirror", "面"): (WALL, BED, CORNER), _t("收音机", "radio", "台"): (DESK, SHELF, TABLE,
        SILL), _t("缝纫机", "sewing machine", "台"): (WINDOW, CORNER, WALL),
    _t("地球仪", "globe", "个"): (DESK, SHELF, TABLE, SILL), _t("沙发", "sofa", "张"): (WINDOW, WALL,
        CORNER), _t("鸟笼", "bird cage", "个"): (BALCONY, WINDOW, SHELF),
    _t("电视", "television", "台"): (WALL, TABLE, CORNER, SHELF), _t("旧钟", "clock", "座"): (SHELF, TABLE,
        DESK), _t("画架", "easel", "个"): (WINDOW, BALCONY, CORNER, WALL),
}  # fmt: skip
WHY = {
    "窗前": "那里亮", "墙角": "那里正好空着", "墙边": "那里宽敞",
    "阳台上": "那里有太阳", "床边": "用起来方便", "书桌上": "一坐下就看得见",
    "架子上": "那里碰不着", "桌子上": "大家都看得见", "窗台上": "那里亮",
}  # fmt: skip
OPEN = (
    "{when}，{a}家搬到了{home}。", "{a}和{k}要搬家了，新家在{home}。",
        "[今天|昨天|上个星期六]，{a}[和{k}|一家人]搬到了{home}。",
        "因为[老房子太小|离学校太远|楼要拆了]，{a}家搬到了{home}。",
    "[春天|夏天|秋天]的一天，{a}和{k}搬到了{home}，[车上装满了东西|雇了一辆大车]。",
        "“[搬家了|要搬新家了]！”{a}一早就起来。新家在{home}。",
        "搬家的车[一早|八点]就来了，{a}和{k}[抱着箱子|提着大包]，搬到了{home}。",
    "{a}[盼了很久|想了很久]，{when}，[终于|总算]搬到{home}了。",
        "如果你到{home}去，[就会看见|会遇到]刚搬来的{a}。那天，{a:他}和{k}[忙得很|一刻也没有停]。",
        "[一辆大车|搬家的车]停在{home}，{a}和{k}[跳下车|从车上下来]，[要住进新家了|新家到了]。",
)
PUT_X = (
    "{k}问：“{x}放在哪里好？”{a}说：“放在{q}吧，{qwhy}。”", "{a}和{k}[搬来|搬进]{x}，先放在{q}。",
        "先搬进来的是{x}，{a}说放在{q}。", "{a}想了想，让{k}把{x}放在{q}，因为{qwhy}。",
        "{x}[不好拿|要小心]，{a}和{k}[慢慢地|小心地]搬进来，放在{q}。",
)
WRONG = (
    "[可是|谁知道]{q}[太挤了|放不下]，{a}又把{x}搬到{p1}，{pwhy}。",
        "放好一看，[不太好看|有点挤|不方便]。{k}说：“还是放在{p1}吧。”{x}就搬到了{p1}。",
        "过了一会儿，{a}觉得{q}不好，因为[太挤|不方便]，又把{x}放到{p1}。",
    "“[不行，不行|这里不好]，”{k}说，“{q}[太挤了|不好走路]。”{a}和{k}把{x}换到{p1}。",
)
PUT_X_OK = (
    "{k}问：“{x}放在哪里好？”{a}说：“放在{p1}吧，{pwhy}。”", "{a}和{k}搬来{x}，放在{p1}，{pwhy}。",
        "先搬进来的是{x}，{a}说放在{p1}，因为{pwhy}。", "{a}想了想，把{x}放在{p1}，因为{pwhy}。",
)
PUT_Y = (
    "{y}呢，{k}把它放在{p2}，{ywhy}。", "[接着|然后]，{k}把{y}放在{p2}，{ywhy}。",
        "{k}又把{y}放到{p2}，{a}说：“[真好|好]，{ywhy}。”", "{k}把{y}搬到{p2}，[不大不小|正合适]，{ywhy}。",
        "“{y}放在{p2}，[好吗|行吗]？”{k}问。{a}说：“[好|行]，{ywhy}。”",
)
NEIGHBOUR = (
    "[这时候|忙着的时候|不一会儿]，有人敲门，是[住在隔壁|住在楼上|住在对面]的{b}。{b}说：“[你们好|"
        "欢迎你们]，我来帮忙吧！”",
    "{b}[从隔壁|从对面|从楼下]走过来，说：“[欢迎欢迎|你们是新来的吧]！[我来帮你们|让我也搬一点|搬家累了吧]。”",
    "邻居{b}[听见声音|看见车]，走过来问：“[要帮忙吗|要我帮忙吗]？”{a}说：“[太好了|好啊|正忙不过来呢]，"
        "谢谢！”",
    "{a}[下楼搬箱子|搬着一个大箱子]，在门口碰到{b}。{b}说：“[我来帮你|让我来]！我就住在[隔壁|对面|楼上]。”",
    "“[新邻居来了|你们搬来啦]！”{b}[在窗口喊|笑着走过来]，[放下手里的东西就来帮忙|马上来帮着搬]。",
)
HELPED = (
    "{b}帮着[搬了三个箱子|扫地、擦窗子|把书一本一本放好]，[汗都出来了|一点也不怕累]。",
        "{b}力气[大|不小]，[一个人搬两个箱子|和{k}抬大箱子]。",
    "{b}拿来[一盘<水果>|几块点心]，[大家歇了一会儿|大家吃了再干]。",
        "{b}还告诉{a}，[在哪里买菜|车站在哪里|楼下有一只小狗，不咬人]。",
)
END = (
    "[天黑的时候|到了晚上|忙到太阳下山]，[都收拾好了|东西都放好了]：{x}在{p1!}，{y}在{p2!}。{a}说："
        "“[我喜欢新家|这里真好]！”",
        "晚上，{a}看看屋子：{x}在{p1!}，{y}在{p2!}，[新家真好|一切都好了]。",
        "{k}说：“[谢谢{b}|多亏了{b}]，[有空来坐坐|晚上一起吃饭吧]！”{b}说：“<好啊>！”",
    "就这样，{a}在{home}住下了，[还|又]认识了{b}。",
        "第二天，{a}[一开门|一下楼]就看见{b}，[两个人一起走|笑着说了声早]。",
        "{a}把{x}[擦了擦|又看了看]，心里<很><高兴>：[有了新家|家里真亮]，还有了新邻居{b}。",
)


def tell(t: Teller) -> None:
    t.cast("a", "child")
    t.pick("k", common.FAMILY)
    t.cast("b", *t.choose((("child",), ("elder", "adult"))))
    spots = tuple(dict.fromkeys(p for row in FITS.values() for p in row))
    t.pair("x", tuple(FITS), "p1", spots, lambda thing, place: place in FITS[thing])
    thing = next(x for x in FITS if x.name == t.roles["x"].name)
    wrong = t.chance(1, 2)
    t.set("q", t.choose([p for p in FITS[thing] if p != t.roles["p1"]]))
    y = t.choose([x for x in FITS if x != thing and set(FITS[x]) - {t.roles["p1"]}])
    t.set("y", y)
    t.set("p2", t.choose([p for p in FITS[y] if p != t.roles["p1"]]))
    home = t.choose(tuple(HOMES))
    t.set("home", Word(home, HOMES[home]))
    for key, place in (("qwhy", "q"), ("pwhy", "p1"), ("ywhy", "p2")):
        t.set(key, WHY[t.roles[place].name])
    t.phrase("when", common.WHEN_MORNING)
    t.do(MOVE, "a", "k", "home")
    t.say(OPEN)
    help_first = t.chance(1, 2)
    if help_first:
        _neighbour(t)
    if wrong:
        t.do(PUT, "a", "x", "q")
        t.say(PUT_X)
        t.do(PUT, "a", "x", "p1")
        t.say(WRONG)
    else:
        t.do(PUT, "a", "x", "p1")
        t.say(PUT_X_OK)
    t.do(PUT, "k", "y", "p2")
    t.say(PUT_Y)
    if not help_first:
        _neighbour(t)
    t.say(END)
    t.ask("where", ("{x}最后放在哪里？", "{x}在新家的什么地方？"), ("放在{p1}。", "{p1}。"))
    ask_told(t, "k", "who", ("{y}是谁放的？", "谁把{y}放好的？"), ("{k}。", "是{k}。"))
    if wrong:
        t.ask("where", ("{x}先放在哪里？", "{x}起先放在什么地方？"), ("先放在{q}。", "{q}。"))
    t.ask("why", ("{y}为什么放在{p2}？",), ("因为{ywhy}。",))
    t.sum_up(SUMMARY)


def _neighbour(t: Teller) -> None:
    t.do(HELP, "b", "a")
    t.say(NEIGHBOUR)
    t.say(HELPED[2:] if t.roles["b"].kind == "elder" else HELPED)
