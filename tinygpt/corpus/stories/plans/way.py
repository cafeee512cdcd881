"""问路：第一次一个人去一个地方，不认识路，问人；有时走错了再问，最后走到了。"""

from tinygpt.corpus.stories.lexicon import Being, Place, places
from tinygpt.corpus.stories.plans import _common as common
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "故事"
TITLES = ("去{p}的路", "{a}去{p}", "问路", "怎样去{p}", "{a}问路", "迷路")
SUMMARY = ("{a}第一次去{p}，{w}告诉{a:他}怎样走，{a}最后到了{p}。", "{a}问{w}去{p}怎样走，后来走到了。")
ASK_WAY = Verb(
    "ask_way", "asked {1} the way {2:to}", ("together 0 1",), (),
    (("who", ("{0}向谁问路？", "谁告诉{0}怎样去{2}？"), ("{1}。", "是{1}。")),),
)  # fmt: skip
ARRIVE = Verb(
    "arrive", "went {1:to}", ("not_at 0 1",), ("move 0 1",),
    (("where", ("{0}要去哪里？", "{0}最后到了哪里？"), ("{1}。", "去{1}。")),),
)  # fmt: skip

ROADS = tuple(p for p in places("town") if p.name not in ("海边", "河边", "湖边", "小区", "操场", "教室",
    "校园"))
MARKS = (
    "照相馆", "菜店", "鞋店", "派出所", "幼儿园", "茶馆", "修车铺", "糕点店", "服装店", "小公园", "加油站",
    "报亭",
    "邮局", "医院", "超市", "银行", "面馆", "药店", "花店", "理发店", "小学", "包子铺", "消防站",
    "电影院", "水果店", "红绿灯", "钟楼")
ERRANDS = (
    ("书店", "买书"), ("图书馆", "还书"), ("书店", "买字典"), ("车站",
    "接[舅妈|表哥|客人|伯伯]"), ("公园 植物园 广场", "找<朋友>玩"), ("菜市场", "买鱼"),
    ("博物馆", "看展览"), ("体育馆", "看比赛"), ("电影院", "看电影"), ("动物园", "看<动物>"), ("游乐场",
    "找<朋友>玩"), ("公园 湖边 植物园", "画画"),
)  # fmt: skip
OPEN = (
    "{when}，{a}[写完作业|吃过饭]，一个人去{p}{errand}。[走到半路|过了一座桥]，{a:他}[记不清路了|"
    "迷了路]。",
    "{k}问：“你[一个人|自己]去{p}，行吗？”“行！”{a}说。{when}，{a:他}去{p}{errand}，[没想到迷了路|"
    "走着走着不认识路了]。",
    "{when}，{a}要去{p}{errand}，可是[从来没有去过|不认识路|走着走着迷路了]。",
    "“[去{p}怎么走呢|{p}在哪里呢]？”{when}，{a}要去{p}{errand}，[走错了路|找不到路]，[站在路口想|"
    "心里有点急]。",
    "{a}[刚搬来不久|第一次一个人出门]。{when}，{a:他}想去{p}{errand}，[走到路口，不知道往哪边走|"
    "走着走着就迷路了]。",
    "{k}[生病了|走不开|正忙着]，{when}，{a}一个人去{p}{errand}。[走到半路|到了路口]，{a:他}[不认识路了|"
    "分不清方向了]。",
    "如果[不认识路|迷了路]，就要问人。{when}，{a}去{p}{errand}，[就|也]迷了路。",
    "{when}，{a}和{k}说了一声，就去{p}{errand}。[街上的房子都差不多|路口太多]，{a:他}[走迷了路|"
    "转了半天也没找到]。",
    "{a}以为去{p}的路很[好找|近]。{when}，{a:他}去那里{errand}，[走了半天还没有到|越走越不对]。",
    "{when}，{fine}，{a}去{p}{errand}，[一边走一边看|走了很久]，[可是找不到路了|还是没看见{p}]。",
    "我们家的{a}[胆子大|什么都敢问]。{when}，{a:他}去{p}{errand}，不认识路，[可是一点也不怕|"
    "就站在路口等人来]。",
    "[以前都是{k}带着去|坐车去过一次]，这次{a}自己去{p}{errand}。{when}，{a:他}[站在路口发愁|"
    "走到半路就糊涂了]。",
)
ASK = (
    "{a}问一位{w}：“[请问|您好，请问]，去{p}怎么走？”{w}说：“{way}。”",
    "“[打扰一下|请问]，{p}在哪里？”{a}问一位{w}。{w}[指着前面|想了想]，说：“{way}。”",
    "{a}看见{w}，[有礼貌地|连忙]问：“[您知道去{p}怎么走吗|请问，去{p}怎么走]？”“{way}。”{w}说。",
    "{a}看见{w}，就问去{p}的路。{w}说：“[不远|很好找]，{way}。”",
    "“{p}吗？”{w}[笑着说|说]，“{way}。”{a}[记在心里|又说了一遍]。",
    "{w}问：“[小朋友|你好]，你[去哪里|找什么]？”“我要去{p}。”{a}说。“{way}。”",
)
WAY = (
    "先一直往前走，到[第一个|第二个|第三个]路口往{turn}拐，[就在|在]{mark}旁边",
    "先过[马路|桥|红绿灯]，再往{turn}走，看见{mark}就[到了|快到了]，{p}在它[对面|旁边]",
    "往前走[两百|三百|五百]米，看见{mark}，再往{turn}拐，[走几步就到|就能看见]",
    "先往{turn}拐，再一直走，{p}[就在|在]{mark}[对面|后面|旁边]",
)
ROAD = (
    "路上，<路景>。",
    "<路景>，{a}[没有停下来看|只看了一眼]。",
    "{a}[谢过|谢了]{w}，[往前走去|接着往前走]。",
    "走过一个[路口|小广场|街心花园]，<路景>。",
    "{a}[走得很快|越走越快]，路边<路景>，[也顾不上看|{a:他}也没有停]。",
)
WRONG = (
    "{a}[走到路口|走了一会儿]，[却往{wrong}拐了|记错了，往{wrong}走了]，[没有看见|看不到]{mark}。"
    "{a:他}想了想，[又走回来，往{turn}拐|才想起是往{turn}]。",
    "可是{a}[忘了|记不清]是往左还是往右，就往{wrong}走，[越走越远|走到了一条死路]。{a:他}又问了一个[老爷爷|"
    "姐姐]，才知道要往{turn}。",
    "{a}[走得太快|只顾着走]，走过了{mark}，走了好远才发现。{a:他}走回来，[又|再]往{turn}拐。",
)
RIGHT = (
    "{a}照着{w}说的，[走到路口|走着走着]往{turn}拐，果然看见了{mark}。",
    "{a}一边走，一边念：“往{turn}拐，往{turn}拐。”[不久|走了一会儿]，{a:他}看见了{mark}。",
    "{a}[记住了|没有忘]，往{turn}一拐，[前面|眼前]就是{mark}，{a:他}[知道快到了|笑了]。",
)
LATER = (
    "回家的路上，{a}[心里很高兴|走得<很>快|一路哼着歌]。",
    "晚上，{a}在[日记|本子]里[写|画]：[从家到{p}|去{p}]，看见{mark}往{turn}拐。",
    "回家以后，{a}对{k}说：“[不认识路也不怕，问一问就行|我一个人去了{p}]！”{k}说{a:他}<夸>。",
    "后来，{a}[又去了几次{p}|常去{p}]，[再也没有走错|还给别人指过路]。",
)
THERE = (
    "到了{p}，{a}[心里真高兴|高兴地说]：“我[自己找到了|真的找到了]！”",
    "{p}到了，{a}[高兴极了|松了一口气|擦擦汗]，进去{errand}。",
    "{a}[终于|顺利地]到了{p}，心里[很高兴|真高兴]。",
    "{p:里}[人不多|真热闹]，{a}{errand}，[高高兴兴|过了一个下午]，回家时[一点也没走错|"
    "还记得看见{mark}要拐弯]。",
    "{a}走到{p}，[天还早|正好刚开门]。{a:他}心里[很高兴|很得意]，因为是自己[找来的|问着路来的]。",
    "到了{p}，{a}[给{k}打电话|在心里]说：“[我自己走到了|一点也不难|我认识路了]！”",
    "“[到了|找到了]！”{a}[站在{p}门口|看着{p}的大门]，[笑了。|心想：“问一问就好了。”|高兴极了。]",
    "{p}[就在眼前|真的在{mark}那里]，{a}[快步走了进去|跑了进去]，[很快就{errand}去了|去{errand}]。",
    "回来的时候，{a}又遇见{w}，说：“<谢谢你>，我找到{p}了！”{w}说：“<不客气>。”",
)


def tell(t: Teller) -> None:
    t.cast("a", "child")
    t.cast("k", "kin")
    t.phrase("when", t.choose((common.WHEN_MORNING, common.WHEN_AFTERNOON)))
    rows = [(p, e) for names, e in ERRANDS for p in ROADS if p.name in names.split()]
    marks = tuple(Place(x, "", f"near {x}") for x in MARKS)
    t.pair("mark", marks, "p", tuple(dict.fromkeys(p for p, _ in rows)), lambda m, p: m.name != p.name)
    t.phrase("errand", tuple(e for p, e in rows if p == t.roles["p"]))
    t.phrase("fine", common.FINE)
    t.set("turn", t.choose(("左", "右")))
    t.set("wrong", "右" if t.roles["turn"].name == "左" else "左")
    _stranger(t, t.choose(("扫地的阿姨", "卖水果的叔叔", "警察叔叔", "遛狗的爷爷", "骑车的叔叔", "散步的奶奶",
        "送信的叔叔", "卖报的爷爷", "等车的阿姨")))
    t.phrase("way", WAY)
    t.set("road", Place("路上", "", "on the road"))
    t.scene("road", "a", "w")
    t.say(OPEN)
    t.do(ASK_WAY, "a", "w", "p")
    t.say(ASK)
    t.maybe(2, 3, ROAD)
    t.say(WRONG if t.chance(1, 2) else RIGHT)
    t.do(ARRIVE, "a", "p")
    t.say(THERE)
    t.maybe(1, 2, LATER)
    t.ask("what", ("{a}去{p}做什么？", "{a}为什么要去{p}？"), ("去{errand}。", "{errand}。"))
    t.ask("where", ("要往哪边拐？", "去{p}要往哪边走？"), ("往{turn}。",))
    t.sum_up(SUMMARY)


def _stranger(t: Teller, name: str) -> None:
    """帮忙的人不在词库里：代词由称呼定。"""
    she = name.endswith(("阿姨", "奶奶", "姐姐"))
    t.set("w", Being(name, "她" if she else "他", "stranger", "a kind woman" if she else "a kind man"))
