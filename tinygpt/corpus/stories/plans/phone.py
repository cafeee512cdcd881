"""打电话：找的人在家，就自己说；不在家，就请家里人转告，后来话带到了。偶尔先打错一次。"""

from tinygpt.corpus.stories.lexicon import Being, Place, Word
from tinygpt.corpus.stories.plans._talk import Talk, ask_told
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "对话"
TITLES = ("打电话", "{a}的电话", "{a}给{b}打电话", "喂，是{b}吗", "一个电话", "约{b}去{p}", "{a}找{b}")
SUMMARY = ("{a}给{b}打电话，约{b:他}{day}{time}去{p}{act}，{result}。", "{a}打电话约{b}{act}，{result}。")
CALL = Verb(
    "call", "called {1}", (), (),
    (("who", ("谁打来电话？", "打电话的是谁？"), ("是{0}。", "{0}。")), ("who", ("{0}要找谁？",
     "{0}给谁打电话？"), ("{1}。", "找{1}。"))),
)  # fmt: skip
ANSWER = Verb("answer", "answered the phone", (), (), (("who", ("谁接的电话？", "接电话的人是谁？"),
    ("是{0}接的。", "{0}。")),))
INVITE = Verb("invite", "asked {1} {2}", ("unaware 1 2",), ("learn 1 2",))
LEAVE = Verb("leave", "left a message with {1}", ("unaware 1 2",), ("learn 1 2",))
PASS = Verb(
    "tell", "passed on the message to {1}", ("aware 0 2", "unaware 1 2"), ("learn 1 2",),
    (("who", ("谁把话告诉了{1}？", "谁转告{1}的？"), ("{0}。", "是{0}。")),),
)  # fmt: skip
AGREE = Verb("agree", "agreed", ("aware 0 1",))
REFUSE = Verb("refuse", "could not go", ("aware 0 1",))
ACTS = {  # 做什么：英文、地方、要带的东西
    "踢足球": ("to play football", Place("操场", "上", "on the playground"), ("足球", "水壶", "球鞋",
        "球衣")),
    "打羽毛球": ("to play badminton", Place("体育馆", "里", "in the gym"), ("球拍", "毛巾", "水壶",
        "运动鞋")),
    "放风筝": ("to fly kites", Place("广场", "上", "in the square"), ("风筝", "水壶", "帽子", "手套")),
    "画画": ("to draw", Place("湖边", "", "by the lake"), ("画板", "彩笔", "小凳子", "画纸")),
    "看电影": ("to see a film", Place("电影院", "里", "in the cinema"), ("电影票", "学生证", "零钱", "眼镜")),
    "看展览": ("to see an exhibition", Place("博物馆", "里", "in the museum"), ("学生证", "本子", "水壶",
        "铅笔")),
    "游泳": ("to swim", Place("游泳馆", "里", "at the swimming pool"), ("泳帽", "毛巾", "游泳票", "拖鞋")),
    "看熊猫": ("to see the pandas", Place("动物园", "里", "in the zoo"), ("相机", "水壶", "帽子", "面包")),
    "划船": ("to row a boat", Place("公园", "里", "in the park"), ("帽子", "面包", "水壶", "相机")),
    "借书": ("to borrow books", Place("图书馆", "里", "in the library"), ("借书证", "书包", "要还的书",
        "铅笔")),
    "买文具": ("to buy stationery", Place("文具店", "里", "in the stationery shop"), ("零钱", "书包", "单子",
        "购物袋")),
    "摘苹果": ("to pick apples", Place("果园", "里", "in the orchard"), ("篮子", "手套", "帽子", "水壶")),
}
KIN = (("妈妈", "她", "mother", "阿姨"), ("爸爸", "他", "father", "叔叔"), ("奶奶", "她", "grandma", "奶奶"),
    ("爷爷", "他", "grandpa", "爷爷"))
OPEN = (
    "[星期<周>|今天|昨天][晚上|中午|下午]，{a}[想约{b}去{act}|有事要找{b}|想起了{b}]，就给{b:他}打电话。",
    "{a}[拿起|走到桌前，拿起]电话，[打给{b}|拨了{b}家的号码]。",
    "[晚上|中午|下午]，{b}家的电话响了[三声|几声|]，[打来的|打电话的]是{a}。",
    "{b}家的电话[丁零零地响了|响个不停|忽然响了]，[是{a}打来的|打电话的是{a}]。",
    "[放学以后|吃过晚饭|做完作业|写完日记|吃过午饭]，{a}给{b}打了一个电话。",
    "{a}[很想|一直想|早就想]去{p}{act}，[可是没有伴|一个人没意思]。{a:他}想到了{b}，就拿起电话。",
    "[今天下雨|外面很冷|放假了]，{a}[在家里没有事|在家里想着明天做什么]，就给{b}打电话。",
    "{k}说：“[一个人去不好玩|你叫上一个朋友吧|约{b}一起去吧]。”{a}<马上>给{b}打电话。",
    "如果{b}也去{p}，[就更好了|一定更有意思]。{a}[这样想着|想到这里]，拿起了电话。",
    "因为想去{p}{act}，{a}给{b}打了电话。",
    "[春天|夏天|秋天]的一个[晚上|下午|中午]，{a}[坐在电话旁边|拿着{b}家的电话号码]，[拨了号|打了电话]。",
    "找谁一起去{p}呢？{a}想来想去，给{b}打了电话。",
)
WRONG_SAY = (
    "[{a}打错了|第一次打错了|号码拨错了]，那边说：“[对不起|你好]，[这里没有叫{b}的人|这里是药店|这里是饭店|"
        "我家没有{b}|这里是邮局]。”"
    "{a}<马上>说：“对不起，[打错了|我看错号码了]。”{a:他}[又拨了一次|看清号码，又打了一次]。",
)
HELLO_SELF = ("喂，你好，[哪位|请问是谁|找谁]？", "喂，你好，我是{b}，[请问是哪位|你是哪位]？",
    "喂，您好！[您找谁|请问哪位]？", "喂，[哪一位|你是哪位|请问是谁]？")
IS_ME = ("{b}，[是我，我是{a}|我是{a}]。", "喂，{b}吗？我是{a}。", "你好，{b}！我是{a}。",
    "[我是{a}|是我，{a}]。你好，{b}！")
HELLO_KIN = ("喂，你好，[找谁呀|请问是哪位|你找谁]？", "喂，您好，这里是{b}家，[您是哪位|您找谁]？",
    "喂，[谁呀|请问哪位|找哪位]？", "喂，您好，[哪一位|请问找谁|您找哪位]？")
FIND = (
    "{kin}好！我是{a}，[请问|]{b}在家吗？",
    "您好，{kin}，我是{a}，[请问{b}在吗|{b}在不在家]？",
    "{kin}，您好，我是{b}的[同学|朋友]{a}，{b}在吗？",
    "喂，{kin}好，我[想找|找]{b}，我是{a}。",
)
OUT = (
    "{b}不在家，{out}。[你有事吗|有什么事吗|你有什么事]？",
    "[真不巧|不巧]，{b}{out}，[过一会儿才回来|还没回来]。要我[转告|告诉]{b:他}吗？",
    "是{a}啊，{b}{out}。有[什么事|什么话]，[我告诉{b:他}|我帮你转告]。",
    "{b}刚[出门|走]，{out}。[有话要我转告吗|要我告诉{b:他}什么吗]？",
)
OUTS = ("去上画画课了", "去外婆家了", "去买东西了", "下楼扔垃圾了", "去理发了", "去打球了", "出去遛狗了",
    "去还书了", "去学游泳了", "去取牛奶了", "去买本子了", "去医院看牙了")
ASKING = (
    "{day}你[有空|有时间]吗？我们{time}去{p}{act}，[好吗|怎么样]？",
    "我想约你{day}{time}去{p}{act}，[好吗|你去不去|行吗]？",
    "{day}{time}，我们[一起|]去{p}{act}吧，[怎么样|好不好|你去吗]？",
    "你[想不想|要不要|愿不愿意]去{p}{act}？{day}{time}去。",
    "{day}我要去{p}{act}，[你也来吧|我们一起去吧]，{time}见，[好吗|行吗]？",
)
YES = (
    "<好啊>！[要带什么吗|我带什么|要带东西吗]？",
    "[太好了|好呀]，我[正想|一直想|早就想]去呢！[要带什么|带什么东西]？",
    "[行|好]，{day}我[没有事|有空|在家]。[带什么|我要带什么]呢？",
    "[好|当然去|好呀]！[用不用带东西|我带什么好]？",
)
BRING = (
    "[带上|带]{bring}就行，我在{p}[等你|等着你]。",
    "你带{bring}，[别的我来带|我带吃的]。",
    "[别忘了|记得]带{bring}，[不要迟到|我在{p}等你]。",
    "带上{bring}就好，{time}[不见不散|在{p}见]。",
)
OK = ("[好|知道了|记住了]，{day}{time!}，带{bring}。[再见|到时候见]！",
    "[好|好的|行]，{p}见！{a}，再见！", "[好|好的]，{time!}[见|，不见不散]！{a}，再见！",
    "我[记下来了|记住了]：{day}{time!}，{p}，带{bring}。")
NO = ("[真不巧|对不起]，{day}{busy}，[去不了|不能去]。", "{day}[不行|我没空]，因为{busy}。",
    "我[很想去|也想去]，可是{day}{busy}。", "[哎呀|唉]，{day}{busy}，[下次吧|不能和你去了]。")
BUSIES = (
    "我要[去外婆家|去医院看牙|上课|参加比赛|上钢琴课|去种树]",
    "[家里来客人|我们要搬家|妹妹过生日|姑姑要来|我们家要大扫除]",
    "我要[照顾弟弟|练琴|考试|陪爷爷看病|帮妈妈看店]", "我们全家要[去乡下|坐火车去外地|去照相|去喝喜酒]",
)  # fmt: skip
NO_SAY = ("没关系，[下次再约|那就下次]。{b}，再见！", "[没事|不要紧]，[以后再去|下个星期再去吧]。再见！",
    "那好吧，[下次一起去|改天再去]。{b}，再见！", "[好吧|没关系]，[那就下次|以后再约]，[下次见|再见]！")
MESSAGE = (
    "请[告诉|转告]{b}，{day}{time}去{p}{act}，[带上|要带]{bring}。",
    "[麻烦您|请您]跟{b}说，{day}{time}在{p}见，我们去{act}，[别忘了带|要带]{bring}。",
    "我想约{b}{day}{time}去{p}{act}，让{b:他}[带上|带]{bring}，[好吗|行吗]？",
    "[是这样的|没什么大事]：{day}{time}我们去{p}{act}，[请|让]{b}带{bring}。",
)
NOTE = (
    "[好|好的|行]，{day}{time!}，{p}，带{bring}，[我记下了|我写下来]。",
    "[我写下来|我记一下]：{day}{time!}去{p}{act}，带{bring}。",
    "[知道了|好的]，{day}{time!}，[{b}一回来|等{b}回来]我就告诉{b:他}。",
    "[放心吧|没问题]，我[一定|会]告诉{b}：{day}{time!}，去{p}。",
)
THANK = ("[谢谢|麻烦]{kin}了，再见！", "[谢谢您|多谢]，{kin}再见！", "[谢谢|好，谢谢]，{kin}再见！",
    "太谢谢您了！再见，{kin}！")
PASSED = (
    "{b}[一回家|回来以后|一进门]，{c}就[说|告诉{b:他}]：“{a}打来电话，{day}{time!}去{p}{act}，带{bring}。”",
    "[晚上|后来]，{b}回来了。{c}把{a}的话[告诉了{b:他}|说给{b:他}听]：{day}{time!}，{p}，带{bring}。",
    "{c}[怕忘了|放下电话]，写了一张纸条：“{day}{time!}，{p}，带{bring}。”{b}回来[看了|一看]，就明白了。",
    "{b}[刚坐下|还没换鞋]，{c}就说：“{a}[找你|来过电话]，约你{day}{time!}去{p}{act}，[带|别忘了带]{bring}。”",
)
DONE = (
    "到了那天，{a}和{b}{time!}在{p}见了面，{b}带着{bring}。",
    "到了约好的时间，{b}带着{bring}来到{p}，{a}已经在那里等{b:他}了。",
    "到了那天，{a}和{b}一起去{act}，[玩得<很><高兴>|都<很><高兴>]。",
    "见面的时候，{b}没有忘记带{bring}，{a}[也来了|也准时到了]，{a+b:他们}<很><高兴>。",
    "{a}放下电话，心里<很><高兴>：{day}可以和{b}一起{act}了。",
)
ALONE = (
    "{a}放下电话，[有点失望|想了想]，又打给了[别的同学|别的朋友]。",
    "到了那天，{a}和{k}去了{p}，[回来|第二天]把看到的都告诉了{b}。",
    "过了[一个星期|几天]，{b}[有空了|没事了]，{a}和{b:他}一起去了{p}。",
    "{b}[过意不去|有点不好意思]，[第二天|过了两天]又打来电话，约{a}下个星期去{act}。",
)
DAYS = ("星期六", "星期天", "明天", "后天", "放假那天", "这个星期六", "下个星期天")
TIMES = tuple(f"{half}{hour}点{rest}" for half, hours in (("上午", "八九十"), ("下午",
    "两三四")) for hour in hours for rest in ("", "半"))


def tell(t: Teller) -> None:
    t.cast("a", "child")
    b = t.cast("b", "child")
    t.cast("k", "kin")
    things = tuple(Word(x) for x in dict.fromkeys(x for row in ACTS.values() for x in row[2]))
    acts = tuple(Word(name, f"{row[0]} {row[1].english}") for name, row in ACTS.items())
    t.pair("act", acts, "bring", things, lambda act, thing: thing.name in ACTS[act.name][2])
    t.set("p", ACTS[t.roles["act"].name][1])
    word, pronoun, english, kin = t.choose(KIN)
    t.set("c", Being(f"{b.name}的{word}", pronoun, "kin", f"{b.english}'s {english}"))
    t.set("kin", kin)
    t.set("day", t.choose(DAYS))
    t.set("time", t.choose(TIMES))
    t.phrase("busy", BUSIES)
    t.set("out", t.choose(OUTS))
    talk = Talk(t, t.chance(2, 5))
    t.do(CALL, "a", "b")
    talk.tell(OPEN)
    if not talk.rows and t.chance(1, 6) and "响了" not in t.surface.text:
        t.say(WRONG_SAY)
    (_self if t.chance(2, 5) else _message)(t, talk)
    talk.close()
    t.ask("where", ("{a}约{b}去哪里？", "{a}想和{b}去哪里？"), ("去{p}。", "{p}。"))
    t.ask("what", ("{a}想和{b}做什么？", "{a}约{b}做什么？"), ("{act}。", "去{act}。"))
    t.ask("when", ("{a}约的是什么时候？", "约在什么时候见面？"), ("{day}{time}。",))
    ask_told(t, "bring", "what", ("{b}要带什么？",), ("带{bring}。", "{bring}。"))
    t.sum_up(SUMMARY)


def _self(t: Teller, talk: Talk) -> None:
    """要找的人自己接的电话。"""
    t.do(ANSWER, "b")
    talk("b", "a", "说", HELLO_SELF)
    t.do(INVITE, "a", "b", "act")
    talk("a", "b", "问", IS_ME, ASKING)
    if t.chance(1, 3):
        t.do(REFUSE, "b", "act")
        talk("b", "a", "答", NO)
        talk("a", "b", "说", NO_SAY, bare=True)
        if t.chance(2, 3):
            talk.tell(ALONE)
        t.set("result", f"可是{t.roles['b'].name}有事去不了")
        t.ask("why", ("{b}为什么不能去？", "{b}为什么去不了？"), ("因为{day}{busy2}。",))
        t.set("busy2", t.roles["busy"].name.replace("我们", f"{t.roles['b'].name}他们").replace("我",
            t.roles["b"].name))
        return
    t.do(AGREE, "b", "act")
    talk("b", "a", "答", YES)
    talk("a", "b", "说", BRING)
    talk("b", "a", "说", OK, bare=True)
    if t.chance(2, 3):
        talk.tell(DONE)
    t.set("result", f"{t.roles['b'].name}答应了")


def _message(t: Teller, talk: Talk) -> None:
    """家里人接的电话，后来把话带到。"""
    t.do(ANSWER, "c")
    talk("c", "a", "说", HELLO_KIN)
    talk("a", "c", "问", FIND)
    talk("c", "a", "答", OUT)
    t.do(LEAVE, "a", "c", "act")
    talk("a", "c", "说", MESSAGE)
    talk("c", "a", "说", NOTE)
    talk("a", "c", "说", THANK, bare=True)
    t.do(PASS, "c", "b", "act")
    talk.tell(PASSED)
    t.ask("where", ("{b}为什么不在家？", "打电话的时候，{b}去做什么了？"), ("{b}{out}。",))
    t.set("result", f"{t.roles['c'].name}转告了{t.roles['b'].name}")
