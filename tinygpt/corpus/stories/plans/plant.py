"""种花种菜：种下几颗种子，浇水，发芽几棵（没发芽的也算得出），天旱、虫子、大风，后来收了多少，送出去几个，还剩几个。"""

from dataclasses import dataclass

from tinygpt.corpus.stories.lexicon import Place, Word, places
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "故事"
TITLES = ("{a}种{crop}", "种{crop}", "{p:里}的{crop}", "{a}的{crop}", "{n}颗种子", "收{crop}了")
SUMMARY = ("{a}在{p:里}种下{n}颗{crop}种子，出了{m}，最后收了{total}{fruit}。",
    "{a}种{crop}，收了{total}{fruit}，送给{b}{gift}。")
SOW = Verb(
    "sow", "planted {2} {1} seeds {3:at}", (), (),
    (("what", ("{0}种了什么？",), ("{1}。", "种了{1}。")), ("how_many", ("{0}种下几颗种子？",
    "一共种了多少颗种子？"), ("{2}颗。",)),
     ("where", ("{0}把{1}种在哪里？",), ("种在{3:里}。", "在{3:里}。"))),
)
SPROUT = Verb("water", "watered them every day", (), (), (("how_many", ("有几棵发了芽？", "长出来几棵？"),
    ("{1}。",)),))
PICK = Verb("pick", "picked {1} in the end", (), (), (("how_many", ("最后收了多少{2}？",
    "{0}一共收了几{3}{2}？"), ("{1}。", "{1}{2}。")),))
GIFT = Verb(
    "share_out", "gave some to {1}", (), (),
    (("who", ("{0}把{3}送给了谁？",), ("{1}。", "送给了{1}。")), ("how_many", ("{0}送给{1}多少{3}？",),
    ("{2}。", "送了{2}。"))),
)  # fmt: skip


@dataclass(frozen=True)
class Crop:
    """一种作物：收的东西和量词，什么时候种、什么时候收，一棵收几个，发芽、长大、收的样子。"""

    name: str
    english: str
    fruit: str
    unit: str
    sow: str
    reap: str
    per: tuple[int, ...]
    grow: tuple[str, ...]
    ripe: tuple[str, ...]


CROPS = (
    Crop("西红柿", "tomato", "西红柿", "个", "三月 四月 春天", "七月 夏天", (3, 4, 5, 6),
        ("叶子毛茸茸的，有一股香味", "开出黄色的小花", "长得比{a}还高"), ("西红柿红了，像小灯笼",
        "西红柿一个个红了")),
    Crop("向日葵", "sunflower", "向日葵", "朵", "四月 五月 春天", "八月 九月", (1, 1, 2), ("叶子像手掌那么大",
        "一天长一大截", "秆子又粗又直"), ("花盘像大圆脸，跟着太阳转", "金黄色的花全开了")),
    Crop("南瓜", "pumpkin", "南瓜", "个", "四月 春天", "九月 秋天", (1, 2, 3), ("藤爬满了地",
        "开出大大的黄花", "叶子像小伞"), ("南瓜又大又圆，抱也抱不动", "南瓜从绿变黄")),
    Crop("黄瓜", "cucumber", "黄瓜", "根", "四月 五月 春天", "六月 七月 夏天", (3, 4, 5), ("藤顺着竹竿往上爬",
        "开出黄色的小花", "细细的须抓住了竹竿"), ("黄瓜长了一身小刺，又绿又脆", "黄瓜挂满了架子")),
    Crop("辣椒", "pepper", "辣椒", "个", "三月 四月 春天", "七月 八月", (4, 5, 6, 8), ("开出白色的小花",
        "叶子很多，绿绿的", "枝上结出小小的绿尖角"), ("辣椒红了，一串一串的", "绿的红的，真好看")),
    Crop("茄子", "eggplant", "茄子", "个", "四月 春天", "七月 八月 夏天", (2, 3, 4), ("开出紫色的花",
        "叶子也有点紫", "秆子硬硬的"), ("茄子紫得发亮", "茄子长得又长又胖")),
    Crop("玉米", "corn", "玉米", "根", "四月 五月 春天", "八月 九月 秋天", (1, 2),
        ("叶子又长又宽，风一吹沙沙响", "长得比{b}还高", "顶上抽出了穗"), ("玉米胡子变黑了，粒粒饱满",
        "剥开一看，一排排黄黄的")),
    Crop("萝卜", "radish", "萝卜", "个", "八月 九月 秋天", "十月 十一月", (1,), ("叶子绿绿的，盖住了地",
        "叶子上有细细的毛", "叶子越长越大"), ("萝卜从土里露出头来", "一拔，白白胖胖的")),
    Crop("豆角", "bean", "豆角", "根", "四月 五月 春天", "七月 夏天", (6, 8, 10, 12), ("藤缠着竹竿往上爬",
        "开出紫色的小花", "爬满了架子"), ("豆角长长的，像一条条绿绳子", "豆角挂得满满的")),
    Crop("草莓", "strawberry", "草莓", "颗", "二月 三月 春天", "五月 六月", (5, 6, 8, 10),
        ("贴着地长，叶子圆圆的", "开出白色的小花", "生出长长的须来"), ("草莓红了，甜甜的味道引来小鸟",
        "草莓藏在叶子下面，又红又亮")),
    Crop("葫芦", "gourd", "葫芦", "个", "四月 春天", "九月 十月 秋天", (1, 2, 3), ("藤爬上了屋顶",
        "晚上开出白花", "叶子比手还大"), ("葫芦一个个挂着，像小娃娃", "葫芦变黄变硬了")),
    Crop("丝瓜", "luffa", "丝瓜", "根", "四月 五月", "七月 八月 夏天", (2, 3, 4, 5), ("藤爬上了墙",
        "开出一朵朵黄花", "须卷成小圈"), ("丝瓜从架子上垂下来", "丝瓜又长又嫩")),
)  # fmt: skip
BY_NAME = {x.name: x for x in CROPS}
GARDENS = {
    "阳台": Place("阳台", "上", "on the balcony"), "院子": Place("院子", "里", "in the yard"),
    "窗台": Place("窗台", "上", "on the window-sill"),
    "菜园": Place("菜园", "里", "in the vegetable garden"), "楼顶": Place("楼顶", "上", "on the roof"),
    "门前": Place("门前", "", "in front of the house"),
    "校园": Place("校园", "里", "on campus"), "屋后": Place("屋后", "", "behind the house"),
    "小溪边": Place("小溪边", "", "by the brook"),
}  # fmt: skip
CHILD_GARDENS = tuple(GARDENS[x] for x in ("阳台", "院子", "窗台", "菜园", "楼顶", "门前", "校园", "屋后"))
TALE_GARDENS = (*(p for p in places("tale") if p.name in ("山脚下", "小河边", "菜园", "竹林", "池塘边",
    "草地")), GARDENS["屋后"], GARDENS["门前"], GARDENS["小溪边"])
OPEN = (
    "{sow}，{a}[买来|找到]{n}颗{crop}种子，种在{p:里}。",
    "{b}[送给|给了]{a}{n}颗{crop}种子。{sow}，{a}把它们种在{p:里}。",
    "“[我想种点什么|我也想种东西]。”{a}说。{b}给了{a:他}{n}颗{crop}种子，{sow}，{a}就种在了{p:里}。",
    "{sow}，{p:里}[空着|什么也没有]，{a}[松了土|挖了{n}个小坑]，种下{n}颗{crop}种子。",
    "{a}爱吃{crop}，{b}说：“[自己种吧。|为什么不自己种呢？|我们自己种。]”{sow}，{a}在{p:里}种了{n}颗种子。",
    "如果你有{n}颗{crop}种子，会种在哪里？{sow}，{a}把它们种在{p:里}。",
    "从{sow}开始，{a}[每天都忙|有事做了]，因为{a:他}在{p:里}种下了{n}颗{crop}种子。",
    "{sow}，[天气暖和了|下过雨，土软软的]，{a}和{b}在{p:里}挖坑，{a}种下{n}颗{crop}种子。",
    "{b}问：“{a}，[你在做什么|你在种什么]？”“[种{crop}|我在种{crop}呢]。”{sow}，{a}在{p:里}种下了{n}颗种子。",
    "去年{b}种的{crop}[很好|长得好]，{a}[很羡慕|也想种]。{sow}，{a:他}在{p:里}种下{n}颗种子。",
    "{a}[从来|以前]没有种过{crop}。{sow}，{b}教{a:他}先[松土|挖坑]，再放种子，然后盖上土。"
    "{n}颗种子都种在{p:里}。",
    "{a}有一个小纸包，里面是{n}颗{crop}种子。{sow}，{a:他}[小心地|一颗一颗地]种在{p:里}。",
)
WATER = (
    "{a}每天[早上|傍晚]浇水，[一天也没有忘|天天去看]。过了{days}，[长出|钻出]{m}小苗，{lost}。",
    "种下以后，{a}[天天|每天]浇水，问{b}：“[怎么还不出来|什么时候发芽]？”{b}说：“[别急|再等等]。”第{dd}天，"
    "{m}发了芽，{lost}。",
    "{a}浇水、[松土|拔草]、[施肥|捉虫]，[样样都做|什么也不忘]。{days}以后，土里[钻出|冒出]{m}小苗，{lost}。",
    "一天，两天……到了第{dd}天，[绿芽|小苗][出来了|钻出了土]。{a}一数，{m}，{lost}。",
    "“[发芽了|快来看]！”第{dd}天，{a}[叫|喊]起来。[一共|数一数，]出了{m}，{lost}。",
    "{n}颗种子，{m}发了芽，{lost}。{a}[有点高兴，也有点难过|看了又看|<很><高兴>]。",
    "{b}告诉{a}：[水不能多，也不能少|先浇水，再晒太阳|土干了才浇水]。{a}照着做，第{dd}天，长出了{m}，"
    "{lost}。",
    "等了{days}，{a}[正要|差点]不等了，[忽然|可是]看见小苗。{a:他}数了两遍：{m}，{lost}。",
)
TROUBLE = {
    "旱": ("[后来|有一阵子]，[一个月没下雨|天太热]，叶子[都卷了|低下头来]。{a}[每天提两次水|早晚各浇一次]，"
    "[总算|才]救了过来。",
          "太阳[太大|晒得厉害]，土都裂了。{a}和{b}[从河里|从井里|一桶一桶地]提水浇，[叶子又绿了|"
          "小苗又抬起头来]。",
          "[好多天|很久]没有下雨，{a}问：“[怎么办|会不会干死]？”{b}说：“[我们提水去|我帮你浇]。”[过了两天|"
          "浇透了水]，叶子又绿了。"),
    "虫": ("[有一天|没想到]，叶子上[有了虫子|被咬了许多小洞]。{a}[一条一条捉|捉了一个上午]，{b}也[来帮忙|"
    "捉了很多]。",
          "{a}发现[叶子上有洞|虫子在吃叶子]，[急得<着急>|<马上>去叫{b}]。{b}说：“我们把虫子"
          "捉下来。”果然[好了|虫子没有了]。",
          "虫子来了，{a}[天天捉|早上捉，晚上也捉]。[小鸟也来帮忙|后来来了几只瓢虫]，虫子[少了|不见了]。"),
    "风": ("[有一天夜里|没想到]，[刮起大风|下了大雨]，小苗[倒了|歪了]。第二天，{a}用[竹竿|"
    "小木棍]把它们[一棵一棵扶起来|绑好]。",
          "大风[刮了一夜|把架子吹倒了]，{a}[很难过|急得<着急>]。{b}说：“<别急>，[扶起来还能活|我们重新搭]。”",
          "下大雨的时候，{a}[跑出去|不放心]，用[塑料布|草席]把苗盖好，自己[淋湿了|身上都是水]。"),
}  # fmt: skip
GROW = (
    "[慢慢地|一天一天]，{crop}长大了，{grow}。",
    "{crop}长得很快，{grow}，{a}[天天来看|看了又看]。",
    "过了[些日子|一个月]，{crop}{grow}，{b}[也来看|说长得真好|看了都喜欢]。",
    "{a}用尺子量{crop}，[记在本子上|一天记一次]：{grow}。",
    "{b}走过{p}，[看见|说]{crop}{look}。{a}[笑了|<很><高兴>]。",
)
HARVEST = (
    "{reap}，{ripe}。{a}数了数，{m!}，每棵{per}，一共{total!}。",
    "到了{reap}，{ripe}。{a}和{b}一起收，每棵有{per}，{m!}就是{total!}。",
    "{reap}，[可以收了|该收了]。每棵{per}，{a}数了数，[正好|一共]是{total!}{fruit}。",
    "{ripe}，{reap}，{a}收了{total!}{fruit}，因为有{m!}，每棵都有{per}。",
    "“[有多少|一共几{unit}]？”{reap}，{b}问。{a}说：“每棵{per}，{m!}，一共{total!}。”",
    "{reap}，{a}提着[篮子|桶]来收{crop}。{ripe}，每棵收{per}，一共收了{total!}。",
    "等到{reap}，{ripe}，{a}[高兴得跳起来|舍不得摘]。数一数，每棵{per}，总共{total!}。",
    "{a}先摘[大的|熟的]，再摘[小的|没熟透的]。{reap}，{m!}上都有{per}，收了{total!}{fruit}。",
)
SHARE = (
    "{a}送给{b}{gift}，自己[留了|还有]{left!}。",
    "{total}{fruit}，{a}[给了|分给]{b}{gift}，[还剩|剩下]{left!}。",
    "“送给{b}！”{a}把{gift}{fruit}送给{b}，自己还剩{left!}。",
    "{a}拿{gift}去[谢|送]{b}，{b}说：“[真好|自己种的就是香]！”剩下{left!}，[慢慢吃|放在篮子里]。",
    "{b}来了，{a}[摘|挑]了{gift}送{b:他}，[手里|篮子里]还有{left!}。",
    "送了{b}{gift}以后，{a}数了数，还有{left!}，[够吃很久了|心里<很><高兴>]。",
)
END = (
    "{a}说：“[明年我再种，种得更多|原来种{crop}这么有意思|明年我们一起种]。”",
    "{b}说：“[你每天浇水，所以长得好|没有白忙]！”{a}[笑了|点点头]。",
    "{a}留下[几颗|一小包]种子，[明年|下一年]再种在{p:里}。",
    "{a}[尝了一口|看着它们]，想：“[自己种的|用汗水换来的]，[就是不一样|比买的好]。”",
    "从那以后，{a}[看见种地的人，总要说声“辛苦了”|吃饭的时候，一粒也不浪费|更爱吃菜了]。",
    "{a}和{b}[坐在{p:里}|一起]吃着{crop}，[说起|想起]种下种子的那天，[都笑了|好像就在昨天]。",
    "“只要天天照顾，”{b}说，“[就会有收获|总会长大|种什么都能长好]。”{a}[记住了|点点头]。",
)
BIG = ("玉米", "南瓜", "葫芦", "丝瓜", "向日葵", "萝卜")  # 种不进花盆
EATEN = ("向日葵", "葫芦")  # 不是拿来吃的


def _room(crop: Word, place: Place) -> bool:
    return crop.name not in BIG or place.name not in ("阳台", "窗台")


def tell(t: Teller) -> None:
    tale = t.chance(1, 3)
    t.cast("a", "animal" if tale else "child")
    t.cast("b", *(("animal",) if tale else ("elder", "kin", "teacher", "child")))
    sites = TALE_GARDENS if tale else CHILD_GARDENS
    t.pair("crop", tuple(Word(x.name, x.english) for x in CROPS), "p", sites, _room)
    crop = BY_NAME[t.roles["crop"].name]
    for key, text in (("fruit", crop.fruit), ("unit", crop.unit), ("sow", t.choose(crop.sow.split())),
        ("reap", t.choose(crop.reap.split()))):
        t.set(key, text)
    t.set("look", t.choose(("长得很好", "比别人家的都高", "绿绿的，一片连着一片", "长得又高又壮")))
    n = t.number("n", t.choose((4, 5, 6, 7, 8, 9, 10, 12))).value
    lost = t.choose(range(0, min(4, n - 2)))
    m = t.number("m", n - lost, "棵").value
    t.set("lost", f"{t.number('lost_n', lost, '颗').name}没有发芽" if lost else "一颗也不少")
    per = t.number("per", t.choose(crop.per), crop.unit).value
    total = t.number("total", m * per, crop.unit).value
    gift = t.number("gift", t.choose(range(1, max(2, min(total - 1, total // 2 + 1)))), crop.unit).value
    t.number("left", total - gift, crop.unit)
    days = t.choose(range(5, 13))
    t.number("days", days, "天")
    t.number("dd", days)
    t.phrase("grow", crop.grow)
    t.phrase("ripe", crop.ripe)
    t.do(SOW, "a", "crop", "n", "p")
    t.say(OPEN)
    t.do(SPROUT, "a", "m")
    t.say(WATER)
    if t.chance(1, 2):
        t.say(TROUBLE[t.choose(tuple(TROUBLE))])
    t.maybe(2, 3, GROW)
    t.do(PICK, "a", "total", "fruit", "unit")
    t.say(HARVEST)
    t.do(GIFT, "a", "b", "gift", "fruit")
    t.say(SHARE)
    if crop.name not in EATEN:
        t.maybe(1, 2, END)
    t.ask("how_many", ("{a}还剩多少{fruit}？", "最后还剩几{unit}{fruit}？"), ("{left}。", "还剩{left}。"))
    if lost:
        t.ask("how_many", ("几颗种子没有发芽？",), ("{lost_n}。",))
    t.sum_up(SUMMARY)
