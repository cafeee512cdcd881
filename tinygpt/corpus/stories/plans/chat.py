"""平等的谈话：两个朋友商量去哪里、做什么、什么时候、谁带什么；有时对方没空，或者地方关门，就改一改。"""

from tinygpt.corpus.stories.lexicon import Place, Word
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "对话"
TITLES = ("去{p}", "{a}和{b}的约定", "{day}{act}", "约好了", "{a}约{b}", "商量{act}")
SUMMARY = ("{a}和{b}约好{day}{time}去{p}{act}，{bringer}带{bring}。", "两个朋友商量好，{day}一起去{p}{act}。")
AGREE = Verb(
    "agree", "agreed with {1} to {2} {3:at}", (), (),
    (
        ("what", ("{0}和{1}要去做什么？", "{0}和{1}商量做什么？"), ("去{2}。", "{2}。")),
        ("where", ("{0}和{1}要去哪里？", "{0}和{1}最后决定去哪里？"), ("去{3}。", "{3}。")),
    ),
)  # fmt: skip
# 做什么：中文、英文、要带的东西、能去的地方
DOINGS = (
    ("放风筝", "fly a kite", ("风筝", "水", "线轴"), "公园 广场 河边 山坡"),
    ("踢足球", "play football", ("足球", "水"), "操场 体育馆 公园"),
    ("打羽毛球", "play badminton", ("球拍", "羽毛球", "水"), "体育馆 公园 操场"),
    ("打乒乓球", "play table tennis", ("球拍", "乒乓球", "水"), "体育馆 活动室"),
    ("骑自行车", "ride bicycles", ("水", "点心", "水果"), "公园 湖边 河边 广场"),
    ("看书", "read", ("本子", "水", "笔"), "图书馆 书店"),
    ("下棋", "play chess", ("象棋", "棋盘", "水果"), "公园 活动室 湖边"),
    ("画画", "draw", ("彩笔", "画纸", "画板"), "公园 湖边 植物园 活动室"),
    ("看展览", "see the exhibition", ("相机", "本子", "水"), "博物馆 美术馆"),
    ("看动物", "look at the animals", ("相机", "水果", "水"), "动物园"),
    ("划船", "row a boat", ("水", "水果", "面包"), "湖边 公园"),
    ("爬山", "climb", ("水", "面包", "水果"), "东山 西山"),
    ("捡贝壳", "pick up shells", ("小桶", "袋子", "水"), "海边"),
    ("跑步", "run", ("水", "水果"), "操场 公园 河边"),
    ("游泳", "swim", ("水", "点心", "水果"), "游泳馆"),
    ("滑冰", "skate", ("水", "点心", "水果"), "滑冰场"),
    ("照相", "take photos", ("相机", "水", "水果"), "植物园 湖边 公园 广场"),
)  # fmt: skip
SITES = tuple(
    Place(name, "", english)
    for name, english in (
        ("公园", "in the park"), ("广场", "in the square"), ("河边", "by the river"), ("山坡",
         "on the hillside"), ("操场", "on the playground"),
        ("体育馆", "in the gym"), ("湖边", "by the lake"), ("图书馆", "in the library"), ("书店",
         "in the bookstore"), ("活动室", "in the common room"),
        ("植物园", "in the botanical garden"), ("博物馆", "in the museum"), ("美术馆", "in the art gallery"),
         ("动物园", "in the zoo"),
        ("东山", "on the East Hill"), ("西山", "on the West Hill"), ("海边", "by the sea"), ("游泳馆",
         "in the swimming hall"), ("滑冰场", "on the skating rink"),
    )
)  # fmt: skip
DAYS = ("明天", "后天", "这个星期六", "这个星期天", "下个星期六", "下个星期天", "星期五放学后",
    "星期三放学后")
FAR = ("爬山", "看动物", "看展览", "捡贝壳", "划船")  # 放学以后来不及
HOURS = ("八点", "八点半", "九点", "九点半", "十点", "两点", "两点半", "三点", "三点半")
AFTER_SCHOOL = ("四点半", "五点")
MEETING = ("小区门口", "[公共汽车站|汽车站]", "学校门口", "路口的[大树|路灯|红绿灯]下",
    "[书报亭|小超市|邮局|面包店]旁边", "老地方", "[东门|南门|西门]外")

HELLO = (
    "{a}：[你好|早|喂|嘿]，{b}！\n{b}：[你好|早|嘿]，{a}！",
    "{a}：{b}，[好久不见|你也在这里|你来了]！\n{b}：[是啊|真巧]，{a}，[你好|我正想找你]！",
    "{a}：[喂|你好]，是{b}吗？\n{b}：是我。[你是{a}吧？|你好，{a}！]",
    "{a}：{b}，[等一下|等等我]！\n{b}：{a}，[有事吗？|什么事？|怎么了？|我等着呢。]",
    "{a}：{b}，[吃饭了吗？\n{b}：刚吃完|作业写完了吗？\n{b}：刚写完|下课了吗？\n{b}：刚下课]。{a}，"
    "[有事吗|找我有事]？",
    "{a}：{b}，[在忙什么|你在做什么]？\n{b}：[在<杂事>|刚<杂事>]。{a}，[有事吗|怎么想起找我]？",
    "{a}：{b}，[今天天气真好|今天真暖和|外面不刮风了]。\n{b}：[是啊|对]，{a}，[正好出去玩|我也想出去走走]。",
    "{a}：[打扰一下|对不起，打扰了]，{b}。\n{b}：[没关系|不打扰]，{a}，[请说|你说吧]。",
    "{a}：{b}，[告诉你一件事|我有个主意]！\n{b}：[什么事|什么主意|快说]，{a}？",
)  # fmt: skip
INVITE = (
    "\n{a}：{day}[我想|我要]去{p0}{act}，[你去吗？|你想去吗？|一起去吧！]",
    "\n{a}：{day}[有空吗|有时间吗|忙不忙]？[我们|一起]去{p0}{act}，[好吗|怎么样|好不好]？",
    "\n{a}：[听说|我听说]{p0}很不错，{day}我们去{act}，[怎么样|好吗]？",
    "\n{a}：你[喜欢|想]{act}吗？{day}[跟我|和我]去{p0}吧。",
    "\n{a}：{day}我[没有事|有空]，[想找人|想和你]去{p0}{act}。",
    "\n{a}：[作业写完了|考完试了]，{day}去{p0}{act}，[好吗|你看行不行]？",
    "\n{a}：{day}，我们[一起|结伴]去{p0}{act}，[你说呢|怎么样]？",
    "\n{a}：[好几天|好久]没有{act}了，{day}去{p0}吧，[你看怎么样|好吗]？",
)
BUSY = (
    "\n{b}：{day}我[要去看奶奶|家里有客人|要上课|要看病]，[不行|去不了]。{day2}[可以吗|行吗]？",
    "\n{b}：{day}[不行|没有空]，我要[帮妈妈搬东西|去外婆家|补课]。{day2}[怎么样|好吗]？",
    "\n{b}：我很想去，可是{day}[有事|没有空]。[改到|换成]{day2}，[好吗|行不行]？",
    "\n{b}：真不巧，{day}我[答应了别人|不在家]。{day2}我有空。",
)
BUSY_OK = ("\n{a}：<好啊>，那就{day2}。", "\n{a}：[没关系|不要紧]，{day2}[也行|我也有空]。",
    "\n{a}：{day2}？<好啊>，[我记下了|就这么办]。")
CLOSED = (
    "\n{b}：{p0}[太远了|人太多]，去{p}[好不好|怎么样]？",
    "\n{b}：{p0}我[昨天刚去过|去了好几回]，这次去{p}吧。",
    "\n{b}：{p0}有点远，我们还是去{p}吧。",
)
CLOSED_OK = ("\n{a}：<好啊>，去{p}。", "\n{a}：[没关系|也行]，{p}也[很好|可以{act}]。",
    "\n{a}：{p}？好主意，就去{p}。")
YES = (
    "\n{b}：<好啊>，我[也想去|正想去|早就想去了]。",
    "\n{b}：<好啊>！[我也喜欢{act}|我正没事做]。",
    "\n{b}：[去|当然去]！[我好久没{act}了|我正想去呢]。",
    "\n{b}：<好啊>，[我问问妈妈|我和家里说一声]，[应该可以|一定行]。",
    "\n{b}：[行啊|好]，[反正我没事|我那天有空]。",
    "\n{b}：<好啊>，[两个人去有意思|有人一起去就好]。",
)
WHEN = (
    "\n{a}：[几点|什么时候]见？\n{b}：{time}，在{meet}[等你|见]。",
    "\n{b}：我们[几点|什么时候]走？\n{a}：{time}在{meet}见，[行吗|好吗]？",
    "\n{a}：{time}行不行？\n{b}：行，{time}，在{meet}[见|等你]。",
    "\n{a}：那就{time}，在{meet}[集合|见面]。\n{b}：{time}，{meet}，[记住了|好]。",
    "\n{b}：在哪里[见面|等]？\n{a}：{meet}，{time}[，不见不散|]。",
    "\n{a}：我们在{meet}[见|会合]，[几点好|你说几点]？\n{b}：{time}吧[，我能起来|，不早不晚|]。",
    "\n{b}：{time}出发，[来得及|好不好]？\n{a}：[来得及|好]，我在{meet}等你。",
    "\n{b}：[约在|就在]{meet}吧。\n{a}：<好啊>，{time}[我准到|见]。",
)
BRING_A = (
    "\n{b}：要带什么吗？\n{a}：你[什么也不用带|带上自己就行]，{bring}我来带。",
    "\n{a}：{bring}我来带，你不用带了。\n{b}：[太好了|好的]，{a}。",
    "\n{b}：谁带{bring}呢？\n{a}：[我来带|我带吧]。",
)
BRING_B = (
    "\n{a}：要带什么吗？\n{b}：[我带{bring}|{bring}我来带]，你[来就行|什么也不用带]。",
    "\n{b}：{bring}我来带。\n{a}：[太好了|好的]，{b}。",
    "\n{a}：要带{bring}吗？\n{b}：要，{bring}我来带。",
    "\n{a}：谁带{bring}？\n{b}：我带吧[，我家有|，顺手的事|]。",
)
BYE = (
    "\n{a}：那就[说好了|这样]，<告别>，{b}！\n{b}：<告别>，{a}！",
    "\n{b}：[好|就这么办]，{day}见！\n{a}：{day}见！",
    "\n{a}：别忘了，{day}{time}！\n{b}：[忘不了|放心]，<告别>！",
    "\n{b}：[我该回家了|妈妈叫我了]，<告别>，{a}。\n{a}：<告别>，{b}。",
    "\n{a}：[真高兴|我等不及了]，{p}见！\n{b}：{p}见！",
    "\n{a}：[不早了|我先走了]，<告别>！\n{b}：[路上小心|慢走]，<告别>！",
    "\n{b}：[要是下雨呢|下雨怎么办]？\n{a}：[下雨就打电话|下雨就改天]。<告别>！",
    "\n{a}：[一定来啊！\n{b}：一定|可别迟到！\n{b}：不会的]，{day}见！",
    "\n{b}：<谢谢你>[约我|想着我]，{a}。\n{a}：<不客气>，{day}见！",
    "\n{b}：[还叫别人吗|要不要叫上<朋友>]？\n{a}：[就我们两个|叫上吧，人多热闹]。<告别>！",
)


def tell(t: Teller) -> None:
    t.cast("a", "child")
    t.cast("b", "child")
    t.pair("act", tuple(Word(d[0], d[1]) for d in DOINGS), "p", SITES, lambda a,
        p: p.name in _doing(a)[3].split())
    t.set("bring", t.choose(_doing(t.roles["act"])[2]))
    days = [d for d in DAYS if "放学" not in d or t.roles["act"].name not in FAR]
    t.set("day", t.choose(days))
    turn = t.choose(("yes", "yes", "busy", "closed"))
    others = [s for s in SITES if s.name in _doing(t.roles["act"])[3].split() and s.name != t.roles["p"].name]
    turn = "yes" if turn == "closed" and not others else turn
    t.set("p0", t.choose(others) if turn == "closed" else t.roles["p"])
    t.talk(HELLO, INVITE)
    if turn == "busy":
        t.set("day2", t.choose([d for d in days if d != t.roles["day"].name]))
        t.talk(BUSY, BUSY_OK)
        t.set("day", t.roles["day2"])
    else:
        t.talk(*((CLOSED, CLOSED_OK) if turn == "closed" else (YES,)))
    t.set("time", t.choose(AFTER_SCHOOL if "放学" in t.roles["day"].name else HOURS))
    t.phrase("meet", MEETING)
    first = t.chance(1, 2)
    t.set("bringer", t.roles["a" if first else "b"])
    t.do(AGREE, "a", "b", "act", "p")
    t.talk(WHEN, BRING_A if first else BRING_B, BYE)
    t.ask("when", ("{a}和{b}什么时候见面？", "{a}和{b}约的是什么时候？"), ("{day}{time}。",))
    t.ask("where", ("{a}和{b}在哪里见面？",), ("在{meet}。",))
    t.ask("who", ("谁带{bring}？", "{bring}由谁来带？"), ("{bringer}带。", "{bringer}。"))
    t.sum_up(SUMMARY)


def _doing(act: Word) -> tuple:
    return next(d for d in DOINGS if d[0] == act.name)
