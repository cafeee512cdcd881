"""买东西：带着钱去店里，问价、付钱、找钱；有时再买一样，有时钱不够。每个数都由状态算出来。"""

from dataclasses import dataclass

from tinygpt.corpus.stories import verbs
from tinygpt.corpus.stories.lexicon import Place, Thing, things
from tinygpt.corpus.stories.plans import _common as common
from tinygpt.corpus.stories.teller import Teller

GENRE = "故事"
PORTION = 3  # 东西换手、算数，要多讲几遍才学得会
TITLES = ("{a}买{t}", "买{t}", "去{p}", "{a}去{p}", "{p:里}", "{k}让{a}买{t}")
SUMMARY = (
    "{a}带着{m}去{p}买{t}，{result}。",
    "{a}在{p}买{t}，{result}。",
)


@dataclass(frozen=True)
class Shop:
    """一种店：地方、卖什么（标签）、怎样称呼店里的人、什么时候用得着。"""

    place: Place
    tag: str
    why: tuple[str, ...]


SHOPS = (
    Shop(Place("文具店", "里", "in the stationery shop"), "文具", ("[开学了|要开学了]",
        "旧的[不好用了|找不到了]", "[明天要考试|下星期开学]")),
    Shop(Place("水果店", "里", "in the fruit shop"), "水果", ("家里要来客人", "家里没有水果了",
        "[今天|这几天]{k}想吃{t}")),
    Shop(Place("菜市场", "里", "at the market"), "蔬菜", ("中午要做饭", "家里要来客人",
        "家里没有菜了")),
    Shop(Place("点心店", "里", "in the cake shop"), "点心", ("[今天|明天]是{k}的生日", "家里要来[客人|朋友]",
        "明天要[去春游|去爬山|坐火车]")),
    Shop(Place("花店", "里", "in the flower shop"), "花", ("[明天是教师节|今天是{k}的生日|窗台上空着]",
        "[要去看望生病的老师|家里要来客人]")),
)  # fmt: skip
BY_WEIGHT = ("水果", "蔬菜")  # 论斤卖
DEAREST = {"文具": 6}  # 一买好几份的，只卖便宜的
GOODS = {s.place.name: tuple(x for x in things(s.tag) if 0 < x.high <= DEAREST.get(s.tag, 99)) for s in SHOPS}

START = (
    "{when}，{k}给了{a}{m}，[让|叫]{a:他}去{p}买{t}，因为{why}。",
    "{when}，{k}拿出{m}，[让|叫]{a}去{p}买{n}{t}。",
    "{when}，{k}[忙不过来|走不开|正在洗衣服|正在打电话]，就给{a}{m}，[让|叫]{a:他}去{p}买{n}{t}。",
    "{when}，{a}[接过|拿着]{k}给的{m}，<高高兴兴>去{p}买{t}。",
    "{a}[常常|很少|第一次]一个人买东西。{when}，{k}给{a:他}{m}，让{a:他}去{p}买{n}{t}。",
    "“{a}，{why}，你去{p}买{n}{t}[，好吗|吧]。”{when}，{k}[说着|笑着]递给{a}{m}。",
    "{when}，{a}[要去|正要去]{p}，手里[捏着|拿着]{k}给的{m}，[要买|想买]{n}{t}。",
    "因为{why}，{when}，{k}[给了|交给]{a}{m}，说：“[去|到]{p}买{n}{t}吧。”",
    "{when}，{k}问：“{why}，谁去{p}买{t}？”“我去！”{a}说。{k}给了{a:他}{m}。",
    "{why}，{k}[对|跟]{a}说：“你去买{n}{t}。”{when}，{a}带着{m}去了{p}。",
)
SHELF = (
    "{p:里}[摆着|有]{g1}、{g2}和{g3}，[人很多|真不少|<旁人>也在挑]。",
    "{p:里}[人不多|<很>热闹]，有{g1}，也有{g2}和{g3}。",
    "{p:里}有{g1}，有{g2}，还有{g3}，{a}[看了一遍|看了又看|不知道先看哪样]。",
    "[一进门|走进{p}]，{a}就看见{g1}和{g2}，[旁边|再往里]是{g3}。",
    "{a}[绕过|走过]{g1}和{g2}，[看了看|又看了看]{g3}，[走到柜台前|才找到{t}]。",
    "[前面有|门口站着]<几>个人，[有的买{g1}，有的买{g2}|一个买{g1}，一个买{g2}]，{a}[排在后面|等了一会儿]。",
    "<旁人>[正在|也来]买{g1}，[又问|问了]{g2}的价钱。{a}[等了一会儿|排在后面]。",
    "{a}到{p}一看，{g1}、{g2}、{g3}都[有|新到了]，[摆得<很>整齐|满满的]。",
)
PRICE = (
    "{a}问：“{s}，{t}怎么卖？”{s}说：“{price}一{unit}。”“[我要|给我]{n}。”{a}说。",
    "{s}<笑着说>：“[小朋友|你好]，[买什么|要点什么]？”{a}说：“我要{n}{t}。”“{price}一{unit}。”{s}说。",
    "“{t}多少钱一{unit}？”{a}问。{s}说：“{price}。”{a}[算了算|想了想]，说：“[我要|给我]{n}。”",
    "{t}{price}一{unit}，{a}[挑了又挑|<仔细>挑]，要了{n}。",
    "{a}[看了看|问了]价钱，{t}{price}一{unit}。{a:他}对{s}说：“[我要|请给我]{n}。”",
    "{s}[正在理货|刚开门]，[看见|见]{a}来了，[就问|笑着问]{a:他}买什么。{a}要了{n}{t}，{price}一{unit}。",
    "“[您好|早上好]，{s}，[我要|我想买]{n}{t}。”“好，{price}一{unit}。”{s}[给{a}拿了|装好]{n}。",
    "{t}摆在[门口|最前面]，牌子上写着：{price}一{unit}。{a}[挑了|选了|要了]{n}。",
    "{s}说：“[今天|这几天]的{t}[很好|新到的]，{price}一{unit}。”{a}说：“[那就|好，]要{n}。”",
    "{a}[走到|站在]柜台前，说：“[我买|要]{n}{t}，[多少钱一{unit}|怎么卖]？”{s}说：“{price}一{unit}。”",
)
TOTAL = (
    "{n}{t}一共{total!}。{a}[给了|付了]{m}，{s}找给{a:他}{change!}。",
    "{s}[算了算|说]：“一共{total!}。”{a}递上{m}，[拿回|收好]找的{change!}。",
    "一共要{total!}，{a}有{m}，[还剩|剩下]{change!}。",
    "“一共{total!}。”{s}说。{a}[把{m}递过去|给了{m}]。“找你{change!}，[拿好|数一数]。”",
    "{a}心里一算，是{total!}。{a:他}[付了|给了]{m}，[找回来|拿回]{change!}。",
    "{a}付了{total!}，{m}[还剩|只剩]{change!}。",
    "“{n}，{total!}。”{s}[收了|接过]{m}，[又|]找了{change!}。",
    "{s}收了{total!}，{a}手里[还有|剩下]{change!}。",
    "{a}给了{s}{m}，{s}说：“{n}是{total!}，[找你|退你]{change!}。”",
    "{total!}，{a}[算得一点不错|很快就算出来了]。{a:他}付了{m}，找回{change!}。",
)
MORE_WISH = (
    "[刚要走|走到门口]，{a}看见[旁边|边上]的{u}，{price2}一{unit2}，[也|就]买了一{unit2}，[手里|身上]"
    "剩下{rest!}。",
    "{a}想起{k}喜欢{u}，又花{price2}买了一{unit2}，[还剩|剩下]{rest!}。",
    "{a}又[要了|买了]一{unit2}{u}，{price2}，还剩{rest!}。",
    "“[再来|再给我]一{unit2}{u}。”{a}说。{u}{price2}一{unit2}，{change}用去{price2}，[还有|剩下]{rest!}。",
)
SHORT = (
    "{n}{t}一共要{total!}，可是{a}只有{m}，[还差|差]{lack!}。",
    "{a}一算，{n}是{total!}，{m}不够，[还差|少]{lack!}。",
    "{s}说：“一共{total!}。”{a}[看看手里的钱|低头一看]，只有{m}，[还差|差]{lack!}。",
    "“一共{total!}。”{s}说。{a}[脸红了|着急了]：{a:他}只有{m}，[还差|少了]{lack!}。",
)
LESS = (
    "{a:他}[想了想|算了算]，只买了{n2}{t}，{total2!}，[还剩|剩下]{rest!}。",
    "“那我[少买一点|先买{n2}]吧。”{a}说。{n2}要{total2!}，{a:他}付了{m}，找回{rest!}。",
    "{s}<笑着说>：“<别急>，少买一点也行。”{a}买了{n2}，[花了|付了]{total2!}，剩下{rest!}。",
    "{a:他}说：“[我就要|那就买]{n2}。”{n2}是{total2!}，{s}找给{a}{rest!}。",
)
HOME_GIVE = (
    "回到家，{a}把{t}和剩下的{left!}交给{k}，{k}说{a:他}<夸>。",
    "{a}带着{t}回到家，把{t}和剩下的{left!}[都给了|交给了]{k}。",
    "{k}[接过|收下]{t}，又数了数钱，[正好|不多不少]{left!}，<笑着说>：“{a}<夸>！”",
    "{k}[看了看|接过]{t}，[很满意|笑了]，对{a}说：“剩下的{left!}，[你留着吧|给你买本子]。”",
    "“{k}，[给你{t}|{t}买来了]，[剩下|还有]{left!}。”{a}把{t}递给{k}。",
    "{a}[跑回家|走回家]，{k}正在门口等着。{a}[交上|递上]{t}和{left!}，<很><高兴>。",
    "到家后，{a}把{t}[交给|递给]{k}，又拿出{left!}。{k}说：“[一点也没错|算得对]，{a}<夸>！”",
    "{k}[拿到|接过]{t}，[问|又问]：“[还剩多少|剩下多少]？”{a}说：“{left!}。”",
    "{a}把{t}[放到|送到]{k}手里，[还了|交回]{left!}，就去<游戏>了。",
)
HOME = (
    "{a}带着{t}和剩下的{left!}，<高高兴兴>回家了。",
    "[一路上|回家的路上]，{a}小心地拿着{t}和剩下的{left!}，[一样也没丢|生怕丢了]。",
    "{s}说：“[走好|慢走]！”{a}说：“再见！”{a:他}带着{t}和剩下的{left!}回家了。",
    "{a}[算了算|记在本子上]：[带来|出门时]{m}，现在剩{left!}。{a:他}<高高兴兴>回家了。",
    "{a}把{left!}[放进|装进]口袋，[提着|拿着]{t}[回家|往回走]。",
    "[出了|走出]{p}，{a}[数了数|又数了一遍]钱，[是|正好]{left!}，这才[放心|回家]。",
    "{a}[第一次自己|自己]买到{t}，还剩{left!}，心里<很><高兴>。",
    "路上，{a}遇到<朋友>，[说|告诉人家]：“我买了{t}，还剩{left!}呢！”",
    "{a}[拿好|收好]{left!}，对{s}说了声“<再见>”，[提着|拿着]{t}<高高兴兴>走了。",
)


def tell(t: Teller) -> None:
    t.cast("a", "child")
    t.cast("k", "kin")
    t.cast("s", "adult")
    shop = t.choose(SHOPS)
    t.pair("t", GOODS[shop.place.name], "p", (shop.place,))
    t.phrase("when", common.WHEN_MORNING)
    t.phrase("why", shop.why)
    thing: Thing = t.roles["t"]
    unit = "斤" if shop.tag in BY_WEIGHT else thing.measure
    price, n = t.choose(range(thing.low, thing.high + 1)), t.choose(range(2, 4 if shop.tag == "花" else 6))
    t.set("unit", unit)
    t.number("price", price, "元")
    t.number("n", n, unit)
    total = t.number("total", price * n, "元").value
    short = n > 2 and total % 10 != 1 and t.chance(1, 6)
    t.number("m", _purse(t, total, price, short), "元")
    t.scene("p", "s", "a")
    t.do(verbs.RECEIVE, "a", "m", "k")
    t.say(START)
    t.maybe(1, 2, common.ROAD)
    shelf = [x.name for x in GOODS[shop.place.name] if x.name != thing.name]
    if t.chance(2, 3):
        for key, name in zip(("g1", "g2", "g3"), t.chooser.sample(shelf, 3), strict=True):
            t.set(key, name)
        t.say(SHELF)
    t.say(PRICE)
    (_short if short else _enough)(t, shop)
    if t.chance(1, 2):
        t.scene("p", "k")  # 回到家，两个人在一处
        t.do(verbs.HAND, "a", "t", "k")
        t.say(HOME_GIVE)
    else:
        t.say(HOME)
    if t.told("why"):
        t.ask("why", ("{k}为什么让{a}去买{t}？", "为什么要买{t}？"), ("因为{why}。",))
    t.ask("where", ("{a}在哪里买的{t}？", "{t}是在哪里买的？"), ("在{p}。", "在{p}买的。"))
    t.ask("how_many", ("{t}多少钱一{unit}？",), ("{price}一{unit}。",))
    t.sum_up(SUMMARY)


def _purse(t: Teller, total: int, price: int, short: bool) -> int:
    """带多少钱：够的时候是比总价多的整钱；不够的时候差一点，但还买得起两份以上。"""
    if short:
        return t.choose(range(max(2 * price, total - price), total))
    notes = [x for x in (5, 10, 20, 30, 50, 100, 150, 200) if x > total]
    return t.choose(notes[:2])


def _enough(t: Teller, shop: Shop) -> None:
    roles = t.roles
    change = t.number("change", roles["m"].value - roles["total"].value, "元").value
    t.do(verbs.BUY, "a", "t", "n", "s", "total")
    t.say(TOTAL)
    left = change
    others = [x for x in GOODS[shop.place.name] if x.name != roles["t"].name and x.low < change]
    if others and t.chance(1, 3):
        u = t.set("u", t.choose(others))
        t.set("unit2", "斤" if shop.tag in BY_WEIGHT else u.measure)
        price = t.choose(range(u.low, min(u.high + 1, change)))
        t.number("price2", price, "元")
        t.number("one", 1, t.roles["unit2"].name)
        left = t.number("rest", change - price, "元").value
        t.do(verbs.BUY, "a", "u", "one", "s", "price2")
        t.say(MORE_WISH)
    t.number("left", left, "元")
    t.set("result", f"剩下{roles['left'].name}")
    t.ask("how_many", ("最后还剩多少钱？", "{a}还剩多少钱？"), ("还剩{left}。", "剩下{left}。"))


def _short(t: Teller, shop: Shop) -> None:
    price, money = t.roles["price"].value, t.roles["m"].value
    t.number("lack", t.roles["total"].value - money, "元")
    fewer = (money - 1) // price
    t.number("n2", fewer, t.roles["unit"].name)
    t.number("total2", fewer * price, "元")
    t.number("rest", money - fewer * price, "元")
    t.say(SHORT)
    t.do(verbs.BUY, "a", "t", "n2", "s", "total2")
    t.say(LESS)
    t.number("left", money - fewer * price, "元")
    t.set("result", f"钱不够，只买了{t.roles['n2'].name}")
    t.ask("how_many", ("{a}的钱还差多少？",), ("还差{lack}。", "差{lack}。"))
