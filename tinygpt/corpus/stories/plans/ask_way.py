"""问路：从哪里到哪里，走几个路口、往哪边拐、看见什么。问的人说一遍，有时说错了，指路的人改正。"""

from tinygpt.corpus.stories.lexicon import Place, Word, numeral
from tinygpt.corpus.stories.plans._talk import Talk
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "对话"
TITLES = ("问路", "去{goal}怎么走", "{goal}在哪里", "{a}问路", "{a}去{goal}", "{b}指路", "去{goal}的路")
SUMMARY = ("{a}要去{goal}，向{b}问路，{b}告诉{a}{how}。", "{a}向{b}问路，找到了{goal}。")
ASK_WAY = Verb(
    "ask_way", "asked {1} the way {2:to}", ("together 0 1", "not_at 0 2"), (),
    (
        ("who", ("{0}向谁问路？", "{0}问的是谁？"), ("向{1}问路。", "{1}。")),
        ("where", ("{0}要去哪里？", "{0}想去什么地方？"), ("{0}要去{2}。", "{2}。")),
    ),
)  # fmt: skip
POINT = Verb("point", "told {1} to {2}", ("together 0 1",), ("learn 1 2",))
ARRIVE = Verb("arrive", "got {1:to}", ("aware 0 2",), ("move 0 1",))
GOALS = {  # 地方 → 方位、英文、去做什么
    "邮局": ("里", "at the post office", ("寄信", "取包裹", "买邮票", "寄一本书")),
    "医院": ("里", "at the hospital", ("看望爷爷", "看望生病的朋友", "取药", "看牙")),
    "图书馆": ("里", "at the library", ("借书", "还书", "看书", "查地图")),
    "书店": ("里", "at the bookstore", ("买字典", "买地图", "买故事书", "看新书")),
    "药店": ("里", "at the chemist's", ("买药", "买口罩", "买体温计")),
    "体育馆": ("里", "at the gym", ("看比赛", "打羽毛球", "打乒乓球", "学跳舞")),
    "博物馆": ("里", "at the museum", ("看展览", "看恐龙", "看古代的瓷器")),
    "电影院": ("里", "at the cinema", ("看电影", "取电影票", "等朋友")),
    "菜市场": ("里", "at the market", ("买菜", "买鱼", "买豆腐")),
    "理发店": ("里", "at the barber's", ("理发", "找姑姑", "剪头发")),
    "游泳馆": ("里", "at the swimming pool", ("游泳", "学游泳", "找教练")),
    "火车站": ("", "at the railway station", ("接人", "买车票", "看时刻表")),
    "动物园": ("里", "at the zoo", ("看熊猫", "看猴子", "画动物")),
    "公园": ("里", "at the park", ("看花", "划船", "找朋友")),
    "照相馆": ("里", "at the photo shop", ("照相", "取照片")),
}
STARTS = ("车站门口", "桥头", "广场上", "小区门口", "路口", "街上", "学校门口", "小店门口", "大楼前面",
    "公共汽车站")
BUS_WAY = (
    "[走着去太远了|有点远]，[要|最好]坐{bus}车，坐{n:量}站，[在|到]{mark}下车，{side}就是{goal}。",
    "坐{bus}公共汽车，[过|坐]{n:量}站，到{mark}下来，{goal}就在{side}。",
    "[坐车吧|要坐车]，[车站就在前面|前面就是车站]。坐{bus}车，过{n:量}站，{mark}{side}就是{goal}。",
    "{goal}啊，[远着呢|不近]，要坐{bus}车。坐{n:量}站，[看见|到]{mark}就下车，{goal}在它{side}。",
    "{bus}车[到那里|去那里]，坐{n:量}站，在{mark}下车，[往{side}看|{side}]就是{goal}。",
)
BUS_REPEAT = (
    "坐{bus!}车，坐{guess:量!}站，[对吗|是吗]？",
    "{bus!}车，{guess:量!}站，在{mark}下车，[对不对|对吗]？",
    "[我记一下|我再说一遍]：{bus!}车，坐{guess:量!}站，[没错吧|对吗]？",
    "是坐{guess:量!}站，[在{mark}下吗|到{mark}下车吗]？",
)
BUS_RIGHT = ("对，[没错|就是这样|一点也不错]。", "[对|是的]，{min}就到了。",
    "没错，{bus!}车，[别坐错了|车一会儿就来]。", "对，[你记得真清楚|很快的，{min}]。")
BUS_FIX = ("不对，是{n:量}站，[不是{guess:量}站|别坐错了]。",
    "不，是{n:量}站，别[坐错了|坐过了]。", "是{n:量}站，[不是{guess:量}站|别弄错了]。")
BUS_FIXED = ("[哦|啊]，{n:量!}站，[我记住了|明白了]。", "[对不起|哦]，我[听错了|记错了]，是{n:量!}站。",
    "好，坐{n:量!}站。")
BUS_END = (
    "{a}[上了|坐上]{bus!}车，坐了{n:量!}站，在{mark}下车，[果然|真的]看见了{goal}。",
    "{a}坐[车|{bus!}车]去，{min!}以后就到了{goal}。",
    "[车来了|不久，{bus!}车来了]，{a}上了车，[照着|按]{b}说的，在{mark}下车，{goal}就在{side}。",
    "{a}[一站一站数着|坐在窗边]，过了{n:量!}站，[看见了{mark}|到了{mark}]，{goal}也到了。",
    "{b}[看着{a}上了车|等{a}上了车]，才走。{a}坐了{n:量!}站，[很快|不久]就到了{goal}。",
    "{a}[坐对了车|没有坐错车]，{min!}就到了{goal}，[<高高兴兴>去{aim}了|心里<很><高兴>]。",
)
MARKS = ("面包店", "花店", "大槐树", "加油站", "小桥", "喷泉", "幼儿园", "钟楼", "消防队", "水果店", "茶馆",
    "报亭", "白色的高楼", "红房子", "派出所",
         "大石桥", "牛奶店", "钟表店", "酒店", "停车场", "花园", "眼镜店", "米店", "小学", "大食堂", "玩具店",
         "自行车店", "奶茶店")  # fmt: skip
OPEN = (
    "{a}要去{goal}{aim}，走到{start}，不[认识|知道]路了。",
    "{a}第一次去{goal}{aim}，不[知道|认识]路。",
    "[今天|昨天|星期<周>][上午|下午|早上]，{a}去{goal}{aim}，在{start}迷了路。",
    "{a}要去{goal}{aim}，可是{a:他}[不知道怎么走|没去过|忘了怎么走]。",
    "{a}站在{start}，[看看左边，又看看右边|拿着地图看了半天]：去{goal}怎么走呢？",
    "“{goal}[在哪里|怎么走]呢？”{a}[走到|站在]{start}，[想了半天|不知道往哪边走]。",
    "[放假了|有一天|春天的一天|夏天的一天]，{a}要到{goal}{aim}，走到{start}[停了下来|就不认识路了]。",
    "{start}，{a}[正在找路|走来走去]，[原来|]{a:他}要去{goal}{aim}。",
    "{a}想去{goal}{aim}。{a:他}走到{start}，正好看见{b}。",
    "{b}[正好走到{start}|正站在{start}]，看见{a}[东看看，西看看|拿着一张纸条]。",
    "[朋友告诉{a}|昨天有人说]，{goal}[离这里不远|就在附近]。可是{a}在{start}[转了半天|走了两遍]也没找到。",
    "如果走对了，{a}早就到{goal}了。可是{a:他}在{start}[走错了路|不知道往哪边走]。",
)
WRONG = (
    "{a}先问一个[过路的人|卖报的人|骑车的人|年轻人]，那个人说：“[对不起，我也不知道|我也是第一次来|"
        "我不是本地人，你再问问别人吧]。”",
    "{a}[先往东走|先往西走|走了一段]，[越走越不对|没有找到]，又走了回来。",
    "{a}看了看路牌，[还是不明白|上面没有{goal}]。",
)
ASKS = (
    "{call}，[请问|麻烦问一下]，[去|到]{goal}怎么走？",
    "{call}，[请问|麻烦问一下]{goal}在[哪里|哪儿|什么地方]？",
    "{call}，[您好|打扰了|对不起]，我想去{goal}，[该怎么走|往哪边走|怎么走]？",
    "{call}，我[要去|想去]{goal}{aim}，[请问|]怎么走？",
    "[请问|麻烦问一下]，{call}，{goal}[怎么走|往哪边走|离这里远吗]？",
    "{call}，打扰一下，去{goal}走哪条路？",
)
WAY = (
    "[从这里|]一直往前走，[到|走到]第{n}个路口往{turn}拐，{goal}就在{mark}{side}。",
    "先往前走，[在|到]第{n}个路口{turn}转，看见{mark}就到了，{goal}在它{side}。",
    "不难找。[一直|先一直]走，到了第{n}个路口，[再|]往{turn}拐，{goal}在{mark}{side}。",
    "[你看，|]前面第{n}个路口，往{turn}拐，[走一会儿|再走几步]，有{mark}，{side}就是{goal}。",
    "[顺着这条路|沿着这条街]走，到第{n}个路口，[向|往]{turn}拐，{mark}{side}就是{goal}。",
    "{goal}啊，[在|到]第{n}个路口往{turn}拐，[再|]走到{mark}，{side}就是。",
)
REPEAT = (
    "[先一直走|一直往前]，[到|在]第{n!}个路口往{say}拐，对吗？",
    "[我记一下|我再说一遍]：第{n!}个路口，往{say}拐，[对不对|是吗]？",
    "您是说，[走到|到]第{n!}个路口，往{say}拐？",
    "[明白了|知道了]，是在第{n!}个路口往{say}拐，[对吗|没错吧]？",
    "第{n!}个路口，{say}转，[看见{mark}就到了|找{mark}]，是吗？",
)
RIGHT = ("对，[没错|就是这样|一点也不错]。", "[对|是的]，走{min}就到了。",
    "没错，往{turn}拐。", "对，[你记得真清楚|不远，走{min}]。",
    "[就是|嗯]，往{turn}拐，[别走错了|很好找]。")
FIX = ("不对，是往{turn}拐，[不是往{say}拐|别走错了]。", "不，往{turn}拐，[不是往{say}拐|别走错了]。",
    "是{turn}边，不是{say}边，别弄错了。", "[错了|不对]，{say}边是[学校|河|工厂]，要往{turn}拐。")
FIXED = ("[哦|好]，往{turn}拐，我[记住了|明白了]。", "[对不起|哦]，我[听错了|记错了]，是往{turn}拐。",
    "往{turn}拐，这次记住了。", "好，第{n}个路口往{turn}拐。")
FAR = ("[那里|{goal}]远不远？", "走路要多久？", "要走多长时间？", "[要坐车吗|远吗]，{call}？",
    "[走着去|走路]要几分钟？")
FAR_SAY = ("不远，[走路|走着去][只要|大概]{min}。", "走{min}就到了，[不用坐车|很近]。",
    "[不太远|不远]，也就{min}。", "{min}吧，[走快一点还不用|很快的]。",
    "[走路|走过去]{min}，[坐车反而慢|不用坐车]。")
THANK = ("谢谢{call}！", "[太谢谢了|真谢谢{you2}]，{call}！再见！",
    "{call}，[太谢谢了|谢谢]，再见！", "[谢谢|多谢]！{call}再见！")
WELCOME = ("<不客气>，[路上小心|慢走|快去吧]。", "<不客气>，再见！",
    "[不用谢|不客气]，{call2}，[再见|慢走]。", "<不客气>，[找不到就再问问人|别走错了]。")
END = (
    "{a}一直走，到第{n!}个路口往{turn}拐，[果然|真的]看见了{mark}，{goal}就在{side}。",
    "{a}走了{min!}，[果然|终于]找到了{goal}。",
    "{a}[照着|按]{b}说的走，[不久|{min!}以后]就到了{goal}，[顺利地|<高高兴兴>]去{aim}了。",
    "往{turn}拐以后，{a}看见{mark}，{goal}[就在{side}|真的在{side}]。{a:他}心里[<很><高兴>|想：{b}说得真清楚]"
        "。",
    "{a}[数着路口|记着{b}的话]走，一点也没走错，{min!}就到了{goal}。",
    "{b}[看着{a}走远|等{a}拐了弯]，才[放心地|]走了。{a}[很快|不久]就到了{goal}。",
    "[回来的时候|后来]，{a}又遇到{b}，说：“[我找到{goal}了，谢谢|我没走错路，谢谢]！”",
)
LEAD = (
    "{b}说：“我[正好|也]去那边，我带{you}去吧。”{a}跟着{b}，在第{n!}个路口往{turn}拐，[不久|很快]"
        "就到了{goal}。",
    "{b}[怕{a}走错|有点不放心]，就陪着{a}走。第{n!}个路口往{turn}拐，{mark}[到了|就在前面]，{goal}也到了。",
)


def tell(t: Teller) -> None:
    child = t.chance(3, 5)
    a = t.cast("a", "child") if child else t.cast("a", "worker")
    b = t.cast("b", "elder", "adult", "teacher") if child else t.cast("b", "child")
    t.set("call", b if child else "小朋友")
    t.set("call2", a if child else {"他": "叔叔", "她": "阿姨"}[a.pronoun])
    t.set("you", "你" if child else "您")
    t.set("you2", "您" if child else "你")
    bus = t.chance(1, 3)
    _map(t, bus)
    here = Place(t.roles["start"].name, "", "")
    t.set("here", here)
    t.scene("here", "a", "b")
    talk = Talk(t, t.chance(2, 5))
    t.do(ASK_WAY, "a", "b", "goal")
    talk.tell(OPEN)
    if t.chance(1, 4):
        talk.tell(WRONG)
    talk("a", "b", "问", ASKS)
    t.do(POINT, "b", "a", "route")
    talk("b", "a", "答", BUS_WAY if bus else WAY)
    wrong = _repeat(t, talk, bus)
    if not bus and not t.told("min") and t.chance(1, 2):
        talk("a", "b", "问", FAR)
        talk("b", "a", "答", FAR_SAY)
    talk("a", "b", "说", *(((BUS_FIXED if bus else FIXED),) if wrong else ()), THANK)
    lead = not bus and t.chance(1, 6)
    if not lead:
        talk("b", "a", "答", WELCOME, bare=True)
    t.do(ARRIVE, "a", "goal", "route")
    talk.tell(LEAD if lead else BUS_END if bus else END)
    talk.close()
    if bus:
        t.ask("what", ("去{goal}坐几路车？", "{a}要坐几路车？"), ("坐{bus}车。", "{bus}。"))
        t.ask("how_many", ("去{goal}坐几站？", "要坐几站？"), ("坐{n:量}站。", "{n:量}站。"))
    else:
        t.ask("what", ("去{goal}要在第几个路口拐弯？", "在第几个路口拐弯？"), ("第{n}个路口。",))
        t.ask("what", ("去{goal}往哪边拐？", "应该往左拐还是往右拐？"), ("往{turn}拐。",))
    t.ask("where", ("{goal}在什么旁边？", "{goal}在哪里？"), ("在{mark}{side}。",))
    if t.told("min"):
        t.ask("how_many", ("到{goal}要多久？", "要几分钟？"), ("{min}。",))
    if t.told("aim"):
        t.ask("why", ("{a}为什么去{goal}？", "{a}去{goal}做什么？"), ("{a:他}要{aim}。", "去{aim}。"))
    t.set("how",
        f"坐{t.roles['bus'].name}车" if bus else f"在{t.roles['route'].name}往{t.roles['turn'].name}拐")
    t.sum_up(SUMMARY)


def _map(t: Teller, bus: bool) -> None:
    """从出发的地方到要去的地方：几个路口、往哪边拐、旁边有什么、走多少分钟。"""
    goals = {k: Place(k, v[0], v[1]) for k, v in GOALS.items()}
    t.pair("goal", tuple(goals.values()), "mark", tuple(Word(m) for m in MARKS))
    t.phrase("aim", GOALS[t.roles["goal"].name][2])
    t.set("start", t.choose(STARTS))
    n = t.number("n", t.choose(range(1, 5))).value
    left = t.chance(1, 2)
    t.set("turn", "左" if left else "右")
    t.set("say", t.roles["turn"])
    t.set("side", t.choose(("旁边", "对面", "后面", "左边", "右边")))
    n = t.number("n", n + 1).value if bus else n  # 一站路不用坐车
    t.number("min", 3 * n + t.choose((2, 3, 4)), "分钟")
    t.number("bus", t.choose((1, *range(3, 31))), "路")
    t.number("guess", n)
    if bus:
        way = f"take bus {t.roles['bus'].value} for {n} stops"
    else:
        ordinal = ("first", "second", "third", "fourth")[n - 1]
        way = f"turn {'left' if left else 'right'} at the {ordinal} crossing"
    t.set("route", Word(f"第{numeral(n)}个路口", way))


def _repeat(t: Teller, talk: Talk, bus: bool) -> bool:
    """问的人说一遍；有时说反了左右、说错了站数，指路的人改正。"""
    wrong = t.chance(1, 4)
    if wrong:
        t.set("say", "右" if t.roles["turn"].name == "左" else "左")
        n = t.roles["n"].value
        t.number("guess", n + 1 if n <= 2 or t.chance(1, 2) else n - 1)
    repeat = REPEAT[:2] + REPEAT[3:] if t.roles["call"].name == "小朋友" else REPEAT
    talk("a", "b", "问", BUS_REPEAT if bus else repeat)
    right, fix = (BUS_RIGHT, BUS_FIX) if bus else (RIGHT, FIX)
    talk("b", "a", "答", fix if wrong else right, bare=True)
    return wrong
