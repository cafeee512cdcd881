"""卖东西：摆摊的人带来多少、一份多少钱，两三个客人各买多少；最后剩多少、收了多少钱，由状态算出。"""

from tinygpt.corpus.stories.lexicon import Place, Thing, things
from tinygpt.corpus.stories.plans import _common as common
from tinygpt.corpus.stories.plans._talk import ask_told
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "故事"
PORTION = 3  # 东西换手、算数，要多讲几遍才学得会
TITLES = ("{a}卖{t}", "卖{t}", "{p:里}的小摊", "{a}的{t}", "{a}摆摊", "{a}和客人", "{t}多少钱")
SUMMARY = ("{a}在{p:里}卖{t}，收了{sum}，{rest}。", "{a}卖{t}，{b}和{c}都买了，一共收了{sum}。")
SELL = Verb(  # 卖的人、东西、多少、买的人、多少钱
    "sell", "sold {1:many} to {3} for {4}", ("together 0 3", "can_pay 3 4"), ("pay 3 4", "earn 0 4"),
    (
        ("how_many", ("{3}买了多少{1}？",), ("买了{2}。", "{2}。")),
        ("how_many", ("{3}付了多少钱？", "{3}买{1}花了多少钱？"), ("{4}。", "付了{4}。")),
    ),
)  # fmt: skip
SITES = (
    Place("菜市场", "里", "at the market"), Place("路口", "", "at the crossing"), Place("桥头", "",
        "at the bridge"),
    Place("校门口", "", "at the school gate"), Place("广场", "上", "in the square"), Place("车站", "",
        "at the station"),
    Place("小区门口", "", "at the gate"), Place("公园门口", "", "at the park gate"), Place("集市", "上",
        "at the fair"),
)  # fmt: skip
GOODS = tuple(t for t in things() if t.high and {"水果", "蔬菜", "花", "点心"} & set(t.tags))
OPEN = (
    "{when}，{a}在{p:里}卖{t}，一共[有|带来了]{stock}。",
    "{when}，{a}推着小车到{p}卖{t}，[带了|一共带了]{stock}。",
    "{when}，{a}[来到|到]{p}[摆摊|摆了一个小摊]，带来{stock}{t}。",
    "因为[家里的{t}吃不完|要攒钱修房子|想给{k}买件礼物]，{when}，{a}拿了{stock}{t}到{p}去卖。",
    "{a}[帮{k}看摊子|第一次摆摊]，卖的是{t}。{when}，摊上有{stock}。",
    "{p:里}[人来人往|很热闹]。{when}，{a}摆出{stock}{t}，[等客人来|坐在小凳子上]。",
    "“卖{t}啦！[又新鲜又便宜|快来看啊]！”{when}，{a}在{p:里}[喊着|大声喊]，车上有{stock}。",
    "[春天|今天|昨天]，{a}[一早|很早就]到了{p}，带着{stock}{t}，[要把它们卖完|想早点卖完]。",
    "{when}，{fine}。{a}的{t}摆好了，一共{stock}，{a:他}[就在{p:里}|坐在{p:里}]等客人。",
    "如果{t}卖得好，{a}就能[早点回家|给{k}买件新衣服]。{when}，{a:他}带着{stock}{t}来到{p}。",
    "{k}对{a}说：“[家里的|今天的]{t}不少，[去卖一些吧|拿去卖吧]。”{when}，{a}带着{stock}{t}去了{p}。",
    "{when}，[雨停了|天晴了]，{a}在{p:里}[摆好摊子|放下担子]，数了数{t}，[有|正好]{stock}。",
)
TAG = (
    "{t}{price}一{unit}。", "{a}在[牌子|纸板]上写着：{t}，{price}一{unit}。",
        "{a}定的价钱是{price}一{unit}。", "一{unit}[只要|要]{price}，[不贵|比店里便宜]。",
    "{a}想，一{unit}卖{price}[不算贵|正好]。", "{t}[又新鲜又好|摆得整整齐齐]，{price}一{unit}。",
)
FIRST = (
    "{b}[走过来|第一个来]，问：“{t}怎么卖？”{a}说：“{price}一{unit}。”{b}买了{n1}，付了{m1!}。",
    "先来的是{b}，{b:他}[看了看|挑了挑]，说：“[我要|给我]{n1}。”{a}[装好|包好]，收了{m1!}。",
    "“{t}[好不好|怎么样]？”{b}问。“[很好|您放心]。”{a}说。{b}买了{n1}，"
        "一共{m1!}。",
    "{b}[正好路过|出来散步]，[停下来|走过来]要了{n1}，给了{a}{m1!}。",
    "[不一会儿|不久]，{b}来了。{b:他}要{n1}，{a}算了算，说：“一共{m1!}。”",
    "{b}说：“[家里来客人|中午要用]，我买{n1}。”{a}说：“{m1!}，[谢谢|慢走]。”",
)
NEXT = (
    "[接着|后来]，{c}也来了，买了{n2}，付了{m2!}。",
    "{c}[看见有人买|听见喊声|走过来]，也要了{n2}，[一共|正好]{m2!}。",
    "“我也要，[给我|来]{n2}。”{c}说。{a}[收了|接过]{m2!}，说：“[慢走|谢谢]。”",
    "[过了一会儿|又过了一阵]，{c}带着孩子来，[挑了|买了]{n2}，给了{m2!}。",
    "{c}问{a}[还有多少|能不能多买一点]，[最后|想了想]，买走了{n2}，付了{m2!}。",
    "[第二个客人是|又来了一个人，是]{c}，{c:他}买了{n2}，{a}收了{m2!}。",
)
BARGAIN = (
    "{c}说：“[便宜一点吧|能不能少一点]？”{a}[想了想|笑了]：“[你买得多|快收摊了|大家都是邻居]，"
        "算你{low}一{unit}。”{c}买了{n2}，付了{m2!}。",
    "“太贵了，{low}[行不行|卖不卖]？”{c}问。{a}[想了想|点点头]，说：“[好吧|行]。”{c}买了{n2}，一共{m2!}。",
    "{c}[说有点贵|还了还价]，{a}就让了一元，{low}一{unit}。{c}要了{n2}，给了{m2!}。",
    "{c}[常来买|是老客人]，{a}只收{c:他}{low}一{unit}。{c}买了{n2}，{m2!}。",
)
GIVE = (
    "{d}[站在旁边看|没有带钱|帮着看摊]，{a}[送给{d:他}|拿给{d:他}]{one}{t}，{d}[谢了又谢|<很><高兴>]。",
    "有一{unit}[不太好看|有点小]，{a}[没有卖|不卖了]，送给了{d}。",
    "{d}帮{a}[搬东西|喊了半天]，{a}给了{d:他}{one}{t}，说：“<谢谢你>！”",
)
END_LEFT = (
    "收摊的时候，{t}还剩{left!}，{a}数了数钱，一共{sum!}。",
    "到了[中午|傍晚]，{a}收了{sum!}，还有{left!}没有卖完。",
    "{a}[算了算|数了两遍]：收了{sum!}，剩下{left!}{t}。{a:他}把剩下的[带回家|留到明天卖]。",
    "一共卖了{sum!}，[还有|]{left!}没有卖出去，{a}[拿回家给了{k}|带回家去了]。",
    "{a}[收好摊子|推着车回家]，[口袋里|手里]有{sum!}，[车上|筐里]还有{left!}{t}。",
    "回到家，{a}对{k}说：“[今天不错|卖得还行]，收了{sum!}，还剩{left!}。”",
)
END_ALL = (
    "{t}都卖完了，{a}数了数钱，一共{sum!}。",
    "{a}[<高高兴兴>|推着空车]回家，[口袋里|手里]有{sum!}，{t}[一点也没剩|都卖光了]。",
    "不到[中午|半天]就卖完了，{a}一共收了{sum!}。",
    "回到家，{a}对{k}说：“[都卖完了|卖光了]，一共{sum!}！”{k}[笑了|说{a:他}<夸>]。",
    "{a}[收好摊子|扫干净地]，算了算，[正好|一共]收了{sum!}，[心里<很><高兴>|明天还来]。",
)


def tell(t: Teller) -> None:
    t.cast("a", *t.choose((("adult", "elder", "worker"), ("child",))))
    t.cast("b", "adult", "elder", "teacher")
    t.cast("c", "adult", "elder", "worker")
    t.cast("d", "child")
    t.cast("k", "kin")
    t.pair("t", GOODS, "p", SITES)
    thing: Thing = t.roles["t"]
    unit = "斤" if {"水果", "蔬菜"} & set(thing.tags) else thing.measure
    t.set("unit", unit)
    price = max(2, t.choose(range(thing.low, thing.high + 1)))
    n1, n2 = t.choose(range(2, 6)), t.choose(range(2, 7))
    bargain, gift = price > 2 and t.chance(1, 3), t.chance(1, 4)
    left = t.choose((0, 0, 1, 2, 3, 4, 5))
    low = price - 1 if bargain else price
    for key, value in (("n1", n1), ("n2", n2), ("one", 1), ("stock", n1 + n2 + gift + left), ("left", left)):
        t.number(key, value, unit)
    for key, value in (("price", price), ("low", low), ("m1", n1 * price), ("m2", n2 * low), ("sum",
    n1 * price + n2 * low)):
        t.number(key, value, "元")
    for key, money in (("b", "m1"), ("c", "m2")):
        t.state.earn(t.roles[key], t.roles[money])
    t.phrase("when", common.WHEN_MORNING), t.phrase("fine", common.FINE)
    t.scene("p", "a", "b", "c", "d")
    t.say(OPEN)
    t.say(TAG)
    t.do(SELL, "a", "t", "n1", "b", "m1")
    t.say(FIRST)
    t.do(SELL, "a", "t", "n2", "c", "m2")
    t.say(BARGAIN if bargain else NEXT)
    if gift:
        t.say(GIVE)
    t.say(END_LEFT if left else END_ALL)
    t.set("rest", f"还剩{t.roles['left'].name}" if left else "全卖完了")
    t.ask("where", ("{a}在哪里卖{t}？", "{a}的摊子在哪里？"), ("在{p:里}。",))
    t.ask("what", ("{a}卖什么？", "{a}卖的是什么？"), ("卖{t}。", "{t}。"))
    t.ask("how_many", ("{a}一共收了多少钱？", "最后一共卖了多少钱？"), ("{sum}。", "一共{sum}。"))
    t.ask("how_many", ("最后还剩多少{t}？", "还剩多少没有卖完？"), ("还剩{left}。",
        "{left}。") if left else ("都卖完了。", "一点也没剩。"))
    ask_told(t, "low" if bargain else "price", "how_many", ("{t}多少钱一{unit}？",), ("{price}一{unit}。",))
    t.sum_up(SUMMARY)
