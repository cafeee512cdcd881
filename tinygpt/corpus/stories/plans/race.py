"""比赛：三个人（或三只小动物）比一样本事，每个用了多少时间、做了多少个都是数，名次由数算出来；有时有人摔倒，有人停下来扶。"""

from dataclasses import dataclass

from tinygpt.corpus.stories.lexicon import Place, Word, places
from tinygpt.corpus.stories.plans import _common as common
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "故事"
TITLES = ("{race}比赛", "{a}、{b}和{c}", "谁是第一名", "{p:里}的比赛", "{race}", "第一名是谁")
SUMMARY = ("{a}、{b}和{c}比{race}，{g1}第一，{g2}第二，{g3}第三。", "{race}比赛，{g1}得了第一名。")
COMPETE = Verb(
    "compete", "had a contest with {1} and {2}", ("together 0 1", "together 0 2"), (),
    (("what", ("{0}、{1}和{2}比什么？",), ("比{3}。", "{3}。")),),
)
WIN = Verb(
    "win", "came first", (), (),
    (("who", ("谁得了第一名？", "谁是第一名？"), ("{0}。", "是{0}。")), ("who", ("谁是第二名？",
    "谁得了第二名？"), ("{1}。", "是{1}。")),
     ("who", ("谁是最后一名？", "谁得了第三名？"), ("{2}。", "是{2}。"))),
)  # fmt: skip
SECOND = Verb("second", "came second", (), ())
THIRD = Verb("third", "came third", (), ())
STOP_FOR = Verb(
    "stop", "stopped to help {1}", ("together 0 1",), (),
    (("who", ("谁扶起了{1}？", "谁停下来帮{1}？"), ("{0}。", "是{0}。")), ("who", ("谁摔倒了？",), ("{1}。",
    "是{1}。"))),
)


@dataclass(frozen=True)
class Race:
    """一种比赛：怎样计（快的赢，少的好；或多的赢），单位，数的范围，在哪里，怎样开始，中间的样子；摔不摔得倒。"""

    name: str
    english: str
    unit: str
    low: int
    high: int
    fast: bool
    where: str
    begin: tuple[str, ...]
    middle: tuple[str, ...]
    falls: bool = False


RACES = (
    Race("跑步", "running", "秒", 14, 30, True,
        "操场 公园 草地 河边 山坡 广场 校园 小区 小河边 池塘边 竹林 森林 田野 果园", ("从大树下跑到小桥边",
        "跑到终点的红旗下", "绕着大树跑一圈"),
         ("{x}[跑在最前面|一开始就冲了出去]，{y}[紧紧跟着|在后面追]，{z}[不慌不忙|也不肯停]。",
         "{x}[迈着大步|跑得像一阵风]，{y}[咬着牙追|喘着气]，{z}[慢慢加快|跑在旁边]。"), True),
    Race("游泳", "swimming", "秒", 40, 80, True, "游泳池 小河边 湖边 海边",
         ("从这边游到那边", "游到小红旗那里"),
         ("{x}一下水就[游到前面|冲了出去]，{y}和{z}[紧紧跟着|在后面追]。",
         "{y}[蹬得很快|划得很有力]，{x}[不肯落后|追上来了]，{z}[一下也不停|也在用力]。")),
    Race("爬山", "climbing", "分钟", 20, 50, True, "山脚下 山坡", ("爬到山顶的亭子", "爬到山上的大石头那里"),
         ("{x}走在前面，{y}[跟在后面|一步一步往上爬]，{z}[擦着汗|喝了口水，又往上爬]。",
         "{x}[拉着树枝往上爬|不看风景，只管走]，{y}和{z}[在后面说着话|也不肯停]。"),
         True),
    Race("跳绳", "skipping rope", "个", 40, 120, False,
        "操场 公园 草地 广场 校园 小区 山坡 山脚下 体育馆 河边 小河边 竹林", ("一分钟，看谁跳得多",
        "看谁一口气跳得最多"),
         ("绳子[呼呼地响|转得飞快]，{x}[跳得很稳|跳得很高]，{y}[跳得很快|脸都红了]，{z}[一个也不乱|"
          "轻轻地跳]。", "{x}一边跳一边数，{y}[有点喘|脸都红了]，{z}[跳得很高|没有停]。")),
    Race("踢毽子", "kicking the shuttlecock", "个", 10, 60, False,
        "操场 公园 草地 校园 小区 广场 河边 森林 竹林 小河边", ("看谁踢得多", "掉在地上就算完"),
         ("毽子[上上下下|飞来飞去]，{x}[踢得很轻松|踢得又高又稳]，{y}[左踢一个，右踢一个|眼睛一直看着]，"
          "{z}[差点掉了|跳起来接住了]。", "{x}踢的时候，{y}[在旁边数|帮着数]，{z}[鼓掌|喊加油]。")),
    Race("投篮", "shooting baskets", "个", 3, 20, False, "操场 体育馆 校园 小区 公园",
        ("每人投二十个，看谁进得多",
        "看谁投进得多"),
         ("{x}[看得准|投得高]，球[进了|飞进篮里]；{y}[手有点抖|投偏了一个]；{z}[不说话|拍了拍球]。",
         "{y}投的时候，{x}[喊：“加油！”|在旁边捡球]，{z}[看得很认真|数着进了几个]。")),
    Race("钓鱼", "fishing", "条", 1, 12, False, "河边 小河边 湖边 池塘边", ("看谁钓得多",
        "看谁钓的鱼最多"),
         ("{x}[坐着一动不动|看着水面]，{y}[一会儿看看，一会儿走走|换了一个地方]，{z}[静静地等|"
          "吃着<水果>等]。", "{x}的[竿一动|线一沉]，[一条鱼上来了|钓上来一条]。{y}和{z}[都很羡慕|"
          "也坐好不动了]。")),
    Race("采蘑菇", "picking mushrooms", "朵", 8, 40, False, "森林 山坡 竹林 山脚下 田野 草地", ("看谁采得多",
        "太阳落山以前，看谁采得多"),
         ("{x}[往树多的地方走|看得很仔细]，{y}[东找找，西找找|跑得最快]，{z}[蹲下来慢慢找|一边唱一边采]。",
         "{x}[找到一大片|在树根下找]，{y}[先看有没有毒|采小的]，{z}[不认识的不采|跟在后面采]。")),
    Race("骑车", "cycling", "分钟", 5, 20, True, "公园 广场 湖边 河边 海边 小区 植物园", ("绕着{p}骑一圈",
        "骑到大桥那里"),
         ("{x}[蹬得飞快|骑在最前面]，{y}[弯着腰追|紧跟在后面]，{z}[按着铃|不急也不慢]。",
         "下坡的时候，{x}[冲得最快|一下子冲到前面]，{y}[捏着闸|有点怕]，{z}[在后面叫{x}慢一点|笑着追]。"),
         True),
    Race("划船", "rowing", "分钟", 6, 25, True, "湖边 小河边 海边", ("划到小红旗那里", "划到小岛再回来"),
         ("{x}[划得又快又稳|一开始就在前面]，{y}[划歪了|打了个转]，{z}[喊着“一、二”|用力划]。",
         "水面上，{x}和{y}[一左一右|不分前后]，{z}[落在后面|慢慢赶了上来]。")),
    Race("背书", "reciting", "分钟", 3, 20, True, "教室 校园 图书馆", ("背同一篇课文，看谁先背会",
        "看谁先把一首长诗背下来"),
         ("{x}[闭着眼睛背|小声念]，{y}[走来走去|一句一句记]，{z}[写了一遍又一遍|看着窗外想]。",
         "{x}[背到一半忘了|背得很顺]，{y}[皱着眉头|越背越快]，{z}[一句也没有错|从头又来]。")),
)  # fmt: skip
BY_NAME = {x.name: x for x in RACES}
ANIMALS = ("跑步", "爬山", "钓鱼", "采蘑菇", "跳绳", "踢毽子", "划船")
SITES = {p.name: p for p in places()} | {"游泳池": Place("游泳池", "里", "in the swimming pool")}
OPEN = (
    "{when}，{a}、{b}和{c}在{p:里}比{race}，{begin}。",
    "“我们来比{race}吧！”{when}，{a}在{p:里}说。“<好啊>！”{b}和{c}都同意，说好{begin}。",
    "{a}说自己{race}最厉害，{b}[不信|不服气]，{c}说：“[比一比就知道了|那就比一场]。”{when}，{a+b+c:他}来到{p}，"
    "说好{begin}。",
    "{when}，{p:里}[真热闹|来了很多人]，{a}、{b}和{c}要比{race}，{begin}。",
    "如果{a}、{b}和{c}一起{race}，谁会赢呢？{when}，在{p:里}，[真的比了一次|比赛开始了]：{begin}。",
    "[春天|秋天]的运动会上，{a}、{b}和{c}参加{race}比赛，地点在{p}，{begin}。",
    "{a}练{race}练了[一个月|很久]，{when}，{a:他}[请|叫]{b}和{c}到{p}来比一比，{begin}。",
    "{when}，{fine}，{a}、{b}和{c}[来到|走到]{p}，[商量着|说好]比{race}，{begin}。",
    "谁{race}最[好|厉害|拿手]？{when}，{p:里}，{a}说：“我！”{b}说：“我！”{c}[笑了笑|没有说话]。[比赛开始|"
    "那就比吧]，{begin}。",
    "昨天说好的，{when}，{a}、{b}、{c}在{p:里}比{race}，[赢的人得一朵红花|输了也不许生气]，{begin}。",
    "从{a}、{b}到{c}，[大家|谁]都喜欢{race}。{when}，{a+b+c:他}在{p:里}比赛，{begin}。",
    "{when}，{a}[拉来|叫上]{b}，{b}又叫来{c}，[三个|{a+b+c:他}]在{p:里}比{race}，{begin}。",
)
START = (
    "“预备，开始！”[一声令下|哨子一响]，",
    "比赛开始了，",
    "“一、二、三！”",
    "[大家|看的人]都喊“加油”，",
    "[旁边|那里]站着很多看热闹的。",
    "[红旗一挥|锣一响]，",
)
FALL = (
    "<忽然>，{y}[脚下一滑|踩到石头]，摔倒了。{z}[停下来|<马上>跑过去]扶起{y}，问：“[疼不疼|能走吗]？”{y}说："
    "“[不疼，快走吧|没事，<谢谢你>]。”",
    "半路上，{y}摔了一跤。{z}没有只顾自己，先[把{y}扶起来|给{y}揉揉腿]，再[一起|"
    "接着]往前走。",
    "{y}不小心[摔倒了|跌了一跤]，{z}[看见了|在后面]，说：“<别急>，[我拉你|我扶你]。”两个又[往前去|"
    "追了上去]。",
)
RESULT_FAST = (
    "结果，{a}用了{na}，{b}用了{nb}，{c}用了{nc}。{g1!}最快，得了第一名；{g2!}第二，{g3!}第三。",
    "{a}的时间是{na}，{b}是{nb}，{c}是{nc}。所以，第一名是{g1!}，第二名是{g2!}，第三名是{g3!}。",
    "[记时间的|看表的]人说：“{a}{na}，{b}{nb}，{c}{nc}。”{g1!}赢了，比{g2!}快{d!}，{g3!}是第三名。",
    "{a}花了{na}，{b}花了{nb}，{c}花了{nc}。{g1!}比{g2!}快，{g2!}比{g3!}快，{g1!}得了第一名。",
    "先到的是{g1!}，然后是{g2!}，最后是{g3!}。{a}用了{na}，{b}用了{nb}，{c}用了{nc}。",
    "一看表，{a}{na}，{b}{nb}，{c}{nc}。{g1!}最快，{g3!}最慢，{g2!}在中间。",
    "“谁赢了？”[大家问|{a}问]。{a}{na}，{b}{nb}，{c}{nc}，赢的是{g1!}，比{g2!}快{d!}。",
    "时间写在[黑板|纸|地]上：{a}{na}，{b}{nb}，{c}{nc}。第一名{g1!}，第二名{g2!}，第三名{g3!}。",
)
RESULT_MORE = (
    "结果，{a}{na}，{b}{nb}，{c}{nc}。{g1!}最多，得了第一名；{g2!}第二，{g3!}第三。",
    "数一数，{a}有{na}，{b}有{nb}，{c}有{nc}。所以，第一名是{g1!}，第二名是{g2!}，第三名是{g3!}。",
    "“{a}{na}，{b}{nb}，{c}{nc}。”[裁判|数数的人]说。{g1!}赢了，比{g2!}多{d!}，{g3!}是第三名。",
    "{a}{na}，{b}{nb}，{c}{nc}。{g1!}比{g2!}多，{g2!}比{g3!}多，{g1!}得了第一名。",
    "最多的是{g1!}，然后是{g2!}，最少的是{g3!}：{a}{na}，{b}{nb}，{c}{nc}。",
    "一数，{a}{na}，{b}{nb}，{c}{nc}。{g1!}最多，{g3!}最少，{g2!}在中间。",
    "“谁赢了？”[大家问|{a}问]。{a}{na}，{b}{nb}，{c}{nc}，赢的是{g1!}，比{g2!}多{d!}。",
    "数目写在[黑板|纸|地]上：{a}{na}，{b}{nb}，{c}{nc}。第一名{g1!}，第二名{g2!}，第三名{g3!}。",
)
AFTER = (
    "{g1}[高兴得跳起来|笑了]，{g2}说：“[祝贺你|你真棒|你真厉害]！”{g3}也[拍起手来|笑了]。",
    "{g3}[有点难过|低下了头]，{g1}说：“[没关系，下次再来|我陪你练]。”{g3}[点点头|又笑了]。",
    "{g2}说：“[这次你赢了|我差了{d}]，[下次我一定赢你|明天再比|下次可不一定]！”{g1}说：“<好啊>！”",
    "{g1}[拿到红花|得了奖]，[分给|送给]{g2}和{g3}每人<零食>，说：“[一起练才有意思|谢谢你们陪我比]。”",
    "{g3}问{g1}：“你怎么这么[厉害|棒]？”{g1}说：“[因为我天天练|我也输过很多次|慢慢练，就好了]。”",
    "比完了，{a}、{b}和{c}[坐在地上歇着|一起吃<水果>]，[有说有笑|谁也不生气]。",
    "{g2}[没有生气|想了想]，对{g1}说：“[你教教我吧|我们明天一起练，好吗]？”{g1}说：“<好啊>。”",
    "{g3}说：“[我虽然最后，可是|虽然输了，]我[比上次好|很高兴]。”{g1}和{g2}[都夸{g3:他}|都点点头|"
    "拉起{g3}的手]。",
    "{g1}说：“[今天运气好|其实你们也很好]，[下次不一定是我|差得不多]。”{g2}和{g3}[都笑了|拍起手来|"
    "也这么想]。",
    "晚上，{g3}[还在想|对家里人说]：“[我要早起练|明天接着练]{race}，[下次不做最后一名|一定会更好]。”",
    "{a}、{b}和{c}[约好|说好]，[下个星期|明年<时节>]再比，[还是比{race}|输的请大家吃<水果>]。",
    "回家的路上，{g1}[走在中间|拉着{g3}]，{g2}[说起|还说着]刚才的事，[三个都笑了|好像还没有比够]。",
)
AFTER_FALL = (
    "[大家|看的人]都说：“{z}虽然不是第一，[可是心最好|但是最让人喜欢]。”",
    "{y}对{z}说：“[你为了我，才没有得第一|要是不扶我，你就赢了]。”{z}说：“[没什么|朋友比名次要紧]。”",
    "{g1}走过来，对{z}说：“[你做得真好|你真好，我要学你]。”",
)


def tell(t: Teller) -> None:
    tale = t.chance(1, 2)
    kind = "animal" if tale else "child"
    for key in "abc":
        t.cast(key, kind)
    races = tuple(Word(x.name, x.english) for x in RACES if not tale or x.name in ANIMALS)
    sites = tuple(p for p in SITES.values() if ("tale" in p.tags) == tale or p.name in ("河边", "湖边",
        "海边", "山坡", "果园"))
    t.pair("race", races, "p", sites, lambda r, p: p.name in BY_NAME[r.name].where.split())
    race = BY_NAME[t.roles["race"].name]
    t.phrase("when", common.WHEN_TALE if tale else t.choose((common.WHEN_MORNING, common.WHEN_AFTERNOON)))
    t.phrase("fine", common.FINE)
    t.phrase("begin", race.begin)
    t.scene("p", "a", "b", "c")
    t.do(COMPETE, "a", "b", "c", "race")
    base = t.choose(range(race.low, race.high - 2))  # 三个数相差不太远
    near = range(base, min(race.high, base + max(5, base // 3)) + 1)
    values = t.chooser.sample(near, 3)
    order = sorted(range(3), key=lambda i: values[i] if race.fast else -values[i])
    for key, value in zip(("na", "nb", "nc"), values, strict=True):
        t.number(key, value, race.unit)
    for place, i in enumerate(order):
        t.set(f"g{place + 1}", t.roles["abc"[i]])
    t.number("d", abs(values[order[0]] - values[order[1]]), race.unit)
    for key, i in zip("xyz", t.chooser.sample(range(3), 3), strict=True):
        t.set(key, t.roles["abc"[i]])
    t.say(OPEN, START, race.middle)
    fell = race.falls and t.chance(1, 3)
    if fell:  # 摔倒的和扶人的都不是第一
        t.set("y", t.roles["g3"])
        t.set("z", t.roles["g2"])
        t.do(STOP_FOR, "z", "y")
        t.say(FALL)
    t.do(WIN, "g1", "g2", "g3")
    t.do(SECOND, "g2")
    t.do(THIRD, "g3")
    t.say(RESULT_FAST if race.fast else RESULT_MORE)
    t.say(AFTER_FALL if fell and t.chance(2, 3) else AFTER)
    t.ask("how_many", ("{g1}用了多少时间？",) if race.fast else ("{g1}的成绩是多少？",),
        (f"{{{['na', 'nb', 'nc'][order[0]]}}}。",))
    t.ask("how_many", ("{g1}比{g2}快多少？",) if race.fast else ("{g1}比{g2}多多少？",), ("{d}。",))
    t.ask("where", ("在哪里比赛？",), ("在{p:里}。",))
    t.sum_up(SUMMARY)
