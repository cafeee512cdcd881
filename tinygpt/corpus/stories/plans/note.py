"""便条：给谁、我去了哪里、做什么、几点回来、请做什么；署名和时间。"""

from tinygpt.corpus.stories.lexicon import Number, Place, Word, beings
from tinygpt.corpus.stories.plans._talk import ask_told, fitting
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "便条"
TITLES = ("给{k}的便条", "{a}的便条", "留给{k}", "{a}去{p}了", "便条", "{k}，我{back}回来", "门上的纸条")
SUMMARY = ("{a}给{k}留便条，说去{p}{act}，{back}回来。", "{a}去{p}{act}，留便条请{k}{asked}。")
LEAVE = Verb(
    "leave", "left a note for {1}", (), (),
    (("who", ("便条是谁写的？", "这张便条是谁留的？"), ("{0}。", "是{0}写的。")), ("who", ("便条是写给谁的？",
     "{0}给谁留便条？"), ("{1}。", "写给{1}。"))),
)  # fmt: skip
GO = Verb("go", "went {1:to} {2}", (), ("move 0 1",), (("where", ("{0}去了哪里？", "{0}到哪里去了？"),
    ("去了{1}。", "{1}。")), ("what", ("{0}去做什么？", "{0}去{1}做什么？"), ("去{2}。", "{2}。"))))
GOES = {  # 地方：英文、做什么（英文）、要带的东西、几个钟头
    "图书馆": ("in the library", {"还书": "to return books", "借字典": "to borrow a dictionary",
        "练字": "to practise writing"}, "借书证", (1, 2, 3)),
    "体育馆": ("in the gym", {"打羽毛球": "to play badminton", "看比赛": "to see a match",
        "学跳舞": "to learn dancing"}, "水壶", (2, 3)),
    "超市": ("in the supermarket", {"买酱油": "to buy soy sauce", "买牛奶": "to buy milk",
        "买本子": "to buy exercise books"}, "袋子", (1,)),
    "外婆家": ("at Grandma's", {"送水果": "to take some fruit", "取衣服": "to fetch some clothes",
        "帮忙": "to help"}, "钥匙", (2, 3, 4)),
    "学校": ("at school", {"排练": "to practise", "打扫教室": "to clean the classroom",
        "取书包": "to fetch a schoolbag"}, "水壶", (1, 2)),
    "公园": ("in the park", {"跑步": "to run", "画画": "to draw", "放风筝": "to fly a kite"}, "帽子", (1, 2)),
    "医院": ("in the hospital", {"看望同学": "to visit a classmate", "取药": "to get some medicine",
        "看牙": "to see the dentist"}, "病历", (1, 2)),
    "邮局": ("in the post office", {"寄信": "to post a letter", "取包裹": "to get a parcel",
        "寄书": "to post some books"}, "零钱", (1,)),
    "菜市场": ("in the market", {"买鱼": "to buy fish", "买豆腐": "to buy tofu",
        "买青菜": "to buy vegetables"}, "篮子", (1,)),
    "少年宫": ("in the children's palace", {"上书法课": "to have a calligraphy class",
        "学下棋": "to learn chess", "练琴": "to practise the piano"}, "书包", (2, 3)),
    "同学家": ("at a classmate's", {"做手工": "to make things", "看书": "to read",
        "参加生日会": "to celebrate a birthday"}, "水壶", (2, 3)),
    "车站": ("at the station", {"接姑姑": "to meet Aunt", "送表哥": "to see a cousin off",
        "买车票": "to buy tickets"}, "水壶", (1, 2)),
}  # fmt: skip
CLASH = {"外婆家": ("外婆", "外公")}
ALONE = ("外婆家", "邮局", "医院", "车站", "超市", "菜市场")  # 不约同学去的地方
HEAD = ("{k}：\n",)
WENT = (
    "我去{p}{act}了，{back}回来。", "我去{p}{act}，[大概|可能]{back}到家。",
        "我{time}出门，去{p}{act}，{back}以前回来。", "放学回来，我又去{p}{act}了，{back}回家。",
        "{f}[来找我|约我]，我们去{p}{act}，{back}回来。",
    "我和{f}一起去{p}{act}，[您别担心|路不远]，{back}到家。", "{f}打电话来，叫我去{p}{act}。我{back}回来。",
        "因为[今天要|要]{act}，我去{p}了，{back}回来。",
        "[您还没回来|您不在家]，我先去{p}{act}，{back}回来。",
        "您[醒来|回来]的时候，我在{p}{act}，{back}就回家。",
)
TOOK = ("我带了{thing}[，也带了伞|]。", "{thing}我[带上了|拿走了]。", "{thing}我带好了，[您放心|不用担心]。")
FOOD = (
    "{dish}在[锅里|冰箱里|桌上]，[请您先吃|盖着盖子]。",
    "我给您留了{dish}，在[锅里|桌上]。",
    "桌上有{fruit}，[已经洗好了|是{f}送的]。",
    "我[做了|买了]{dish}，[在锅里|在桌上]，您先吃。",
)
PLEASE = (
    "请您{please}。", "[麻烦您|如果有空，请您]{please}，谢谢！", "请您记得{please}。",
        "我忘了一件事：请您{please}。[谢谢|麻烦您了]！",
)
PLEASES = (
    "收一下阳台上的衣服", "喂一喂小猫", "给花浇点水", "把窗子关好", "给{f2}回个电话", "在我的作业本上签名",
    "把快递拿上来",
    "明天六点叫我起床", "遛一遛小狗", "给我留着门", "把自行车推进院子", "把雨鞋找出来",
)
CALLED = (
    "{f2}[来过电话|打来电话]，说[晚上再打|明天来看您|书已经收到了|请您回个电话]。",
        "[刚才|刚刚]{f2}来过，[送来一袋{fruit}|还了雨伞|坐了一会儿就走了]。",
        "{f2}说，[明天早上|晚上七点|星期天]在[楼下|门口]等您。",
)
BYE = ("有事打电话给我。", "[不用担心|请放心]，我[会小心的|走大路]。",
    "[回头见|一会儿见]！", "[路上|过马路]我会小心的。")
SIGN = ("\n{a}\n{date}{time}",)


def tell(t: Teller) -> None:
    t.cast("a", "child")
    k = t.cast("k", "kin")
    t.cast("f", "child")
    t.cast("f2", "adult", "elder")
    acts = {act: (place, english) for place, row in GOES.items() for act, english in row[1].items()}
    t.pair("act", tuple(Word(a, e) for a, (p, e) in acts.items() if k.name not in CLASH.get(p,
        ()) and k.name not in a), "f",
        tuple(x for x in beings("child") if not x.held and x.name != t.roles["a"].name))
    place = acts[t.roles["act"].name][0]
    english, _, thing, hours = GOES[place]
    t.set("p", Place(place, "", english))
    t.set("thing", thing)
    start, long = t.choose((8, 9, 13, 14, 15, 16)), t.choose(hours)
    half = t.choose(("", "半"))
    t.set("time", _clock(start) + half), t.set("back", _clock(start + long) + half)
    t.set("date", f"{Number(t.choose(range(1, 13))).name}月{Number(t.choose(range(1, 29))).name}日")
    t.phrase("dish", ("<家常菜>",)), t.phrase("fruit", ("<水果>",)), t.phrase("please", PLEASES)
    t.set("asked", t.roles["please"].name.replace("我", t.roles["a"].name))
    t.do(LEAVE, "a", "k")
    t.say(HEAD)
    t.do(GO, "a", "p", "act")
    alone = place in ALONE
    t.say(fitting(t, WENT, lambda x: not (alone and "{f}" in x) and (start >= 15 or "放学" not in x)))
    skip = t.choose((TOOK, FOOD, CALLED))
    t.say(*(beat for beat in (TOOK, FOOD, CALLED, PLEASE) if beat is not skip))
    t.say(BYE, SIGN)
    t.ask("when", ("{a}什么时候回来？", "{a}几点回家？"), ("{back}。", "{back}回来。"))
    ask_told(t, "please", "what", ("{a}请{k}做什么？", "便条上请{k}做什么？"), ("请{k}{asked}。",
        "{asked}。"))
    ask_told(t, "thing", "what", ("{a}带了什么？",), ("带了{thing}。", "{thing}。"))
    t.sum_up(SUMMARY if t.told("please") else SUMMARY[:1])


def _clock(hour: int) -> str:
    part = "上午" if hour < 12 else "中午" if hour == 12 else "下午" if hour < 18 else "晚上"
    return f"{part}{Number((hour - 1) % 12 + 1, '点').name}"
