"""分东西：一些东西几个人分，每人几个，还剩几个（带余数的除法），剩下的怎么办；有时又来了一个人，重新分。"""

from tinygpt.corpus.stories.lexicon import Being, Thing, beings, places
from tinygpt.corpus.stories.plans import _common as common
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "故事"
PORTION = 3  # 东西换手、算数，要多讲几遍才学得会
TITLES = ("分{t}", "{n}{t}", "{k}的{t}", "{a}分{t}", "怎样分{t}", "一人几{unit}")
SUMMARY = ("{a}把{n}{t}分给大家，每人{each}，{rest}。", "{n}{t}，{m}分，每人{each}，{rest}。")
BRING = Verb(
    "bring", "brought {1:all}", (), (),
    (("how_many", ("{0}拿来多少{1}？", "一共有多少{1}？"), ("{2}。", "{2}{1}。")), ("what",
    ("{0}拿来了什么？",), ("{1}。",)),
     ("who", ("{1}是谁拿来的？",), ("{0}。", "是{0}。"))),
)
DIVIDE = Verb(
    "divide", "shared out {1:all} fairly", (), (),
    (("how_many", ("每人分到多少{1}？", "一人几{3}{1}？"), ("{2}。", "每人{2}。")), ("who", ("谁来分{1}？",
    "{1}是谁分的？"), ("{0}。", "是{0}。"))),
)
ARRIVE = Verb("arrive", "came a little later", (), (), (("who", ("后来谁来了？",), ("{0}。", "{0}来了。")),))
FOODS = tuple(Thing(*row) for row in (
    ("苹果", "apple", "个"), ("桃子", "peach", "个"), ("梨", "pear", "个"), ("橘子", "orange", "个"), ("饼干",
    "biscuit", "块"),
    ("糖", "sweet", "颗"), ("草莓", "strawberry", "颗"), ("包子", "steamed bun", "个"), ("核桃", "walnut",
    "个"),
    ("红枣", "date", "颗"), ("栗子", "chestnut", "颗"), ("月饼", "mooncake", "块"), ("气球", "balloon", "个"),
    ("贴纸", "sticker", "张"),
    ("彩纸", "sheet of coloured paper", "张"), ("樱桃", "cherry", "颗"), ("荔枝", "lychee", "颗"), ("粽子",
    "rice dumpling", "个"),
))  # fmt: skip
NOT_FOOD = ("气球", "贴纸", "彩纸")
SITES = tuple(p for p in places() if p.name in ("公园", "教室", "湖边", "海边", "小区", "果园", "河边",
    "山坡", "植物园", "校园", "家"))
TALE = places("tale")
TALE_KIN = (
    Being("熊妈妈", "它", "animal", "Mother Bear"), Being("山羊爷爷", "它", "animal", "Grandpa Goat"),
        Being("鸭妈妈", "它", "animal", "Mother Duck"),
    Being("猫奶奶", "它", "animal", "Grandma Cat"), Being("松鼠妈妈", "它", "animal", "Mother Squirrel"),
        Being("牛伯伯", "它", "animal", "Uncle Ox"),
)  # fmt: skip
OPEN = (
    "{when}，{k}[拿来|带来]{n}{t}，{who}在{p:里}，[等着分|都很高兴]。",
    "{when}，{who}在{p:里}[玩|<游戏>]，{k}[走过来|笑着走来]，手里有{n}{t}，说：“[你们分吧|大家一起分]。”",
    "“[谁想要{t}|这里有{t}，谁要]？”{when}，{k}问。“我要！”{p:里}，{who}都[举起手|跑了过来]。一共有{n}{t}。",
    "{k}[从远处回来|去赶集]，买了{n}{t}。{when}，在{p:里}，{who}要把它们分了。",
    "如果有{n}{t}，{m}怎样分？{when}，在{p:里}，{k}就[这样问|问]{who}。",
    "{when}，{p:里}[坐着|来了]{who}。{k}拿出{n}{t}，让{a}来分。",
    "{a}[数了数|一看]，{k}给的{t}一共有{n}。{when}，{who}在{p:里}一起分，[谁也不多拿|要分得一样多]。",
    "{when}，在{p:里}，{k}[送给|给了]{who}{n}{t}，因为大家[帮{k}干了活|都很听话]。",
    "{a}从{k}那里得到{n}{t}，没有一个人[留着|藏起来]。{when}，{who}在{p:里}一起分。",
    "{when}，{k}在{p:里}[考大家|出了一道题]：“{n}{t}，{m}分，每人几{unit}？”{who}[都动起脑筋|数起了手指]。",
    "{fine}。{when}，{who}在{p:里}[坐成一圈|休息]，中间放着{k}给的{n}{t}。",
    "昨天{k}说过要请客。{when}，{n}{t}真的[来了|摆在{p:里}了]，{who}高兴极了。",
)
GUESS = (
    "{b}说：“[我多要一{unit}|我大，我多拿]，行吗？”{a}说：“[不行，要一样多|大家一样才公平]。”",
    "{b}问：“[怎样分才公平|够不够分]？”{a}说：“[我来数一数|先数人，再数{t}]。”",
    "{b}[急着|伸手]要先拿，{a}说：“<别急>，[数清楚再分|人人都有]。”",
    "“[一人两{unit}|每人三{unit}]？”{b}[猜|问]。{a}[摇摇头|算了算]，说：“[不对|等我算一算]。”",
    "{a}[在地上画|在心里算]，{b}在旁边[数|看]：一{unit}，两{unit}，三{unit}……",
    "{b}[爱吃|最喜欢]{t}，[眼睛一直看着|早就等不及了]，{a}说：“[马上就好|一会儿就分]。”",
)
EVEN = (
    "{a}[数了数|一{unit}一{unit}地分]，{n}{t}，{m}，每人{each!}，[正好分完|一{unit}也不剩]。",
    "{n}分给{m}，每人{each!}，[不多也不少|正好]。",
    "“每人{each!}！”{a}说。[大家|{b}]一数，[果然|真的]一样多，[一{unit}也没剩|都分完了]。",
    "{a}先给每人一{unit}，再给每人一{unit}……最后每人{each!}，[刚好分完|一{unit}也不剩]。",
)
LEFT = (
    "{a}[数了数|一{unit}一{unit}地分]，{n}{t}，{m}，每人{each!}，还剩{over!}。",
    "{n}分给{m}，每人{each!}，多出{over!}，[不好再分|谁也没有拿]。",
    "“每人{each!}，还剩{over!}！”{a}说。[{b}|大家]一数，[果然|真的]是这样。",
    "{a}先给每人一{unit}，再给每人一{unit}……最后每人{each!}，[盘子里|篮子里]还有{over!}。",
)
OVER = (
    "{b}说：“剩下的{over}给{k}吧，[{k}还没有|是{k}拿来的]。”大家都说好。",
    "“剩下的[谁要|怎么办]？”{a}问。{b}说：“[留给{k}|给{k}，谢谢{k}]。”",
    "剩下的{over}，{a}没有[自己拿|留着]，[送给了{k}|给了{k}]。",
    "{a}把剩下的{over}[包好|放好]，[留给家里人|留到明天再分]。",
)
NEW = (
    "[刚分完|正分着]，{e}来了。{a}说：“[来得正好|你也有份]！”{a:他}从自己那份里拿出一{unit}给{e}，"
    "{b}也给了一{unit}，{e}就有了两{unit}。",
    "这时候，{e}[跑来了|从这里走过]，[站在一边看|不好意思地看着]。{a}和{b}每人[分出|拿出]一{unit}，"
    "{e}也有了两{unit}。",
    "“[等等我！|有我的吗？]”{e}[跑过来|喊]。{a}给{e}一{unit}，{b}又给一{unit}，{e}有两{unit}，[高兴极了|"
    "谢了又谢]。",
)
EAT = (
    "大家一边吃一边[<看景>|说笑话|讲故事]，{b}说：“大家一起吃，[真好|真香]！”",
    "{b}[舍不得吃|慢慢吃]，{a}[很快就吃完了|留了一{unit}给家里人]。",
    "{t}[很好吃|真好吃]，{a}[吃完了还想着下次|一边吃一边笑|吃得很慢]。",
    "吃完{t}，{who}一起<游戏>，[玩到天黑|谁也不想回家]。",
)
KEEP = (
    "大家拿着{t}一起[玩|坐在地上玩|又说又笑]，{b}说：“[一起玩，真好|下次还这样分]！”",
    "{b}[舍不得用|看了又看]，{a}[留了一{unit}给家里人|小心地收好]。",
    "{a}和{b}[比谁的好看|换着看]，[都很喜欢|高兴极了]。",
)
END = (
    "{k}问：“分好了吗？”{a}说：“分好了，每人{each!}。”{k}[点点头|笑了]。",
    "{k}<笑着说>：“[分得真公平|算得不错]，{a}<夸>！”",
    "大家[对{k}|一起]说：“谢谢{k}！”{k}说：“<不客气>，[明天还有|你们高兴就好]。”",
    "{a}说：“[下次我也带东西来分|明天我带<水果>来]。”{b}说：“<好啊>！”",
    "{b}问{a}：“[你怎么算得这么快|你是怎么分的]？”{a}说：“[我一人一{unit}地分|先数人，再数{t}]。”",
    "{b}对{a}说：“[以后有了好东西，我也和你分|下次我也分给你]。”",
    "“[一样多|谁也没有少]！”{b}[比了比|数了数自己的]，[放心了|笑了]。",
)
GUESTS = ("a", "b", "c", "d")


def tell(t: Teller) -> None:
    tale = t.chance(1, 2)
    kind = "animal" if tale else "child"
    people = t.choose((2, 3, 3, 4))
    for key in GUESTS[:people]:
        t.cast(key, kind)
    t.pair("t", tuple(x for x in FOODS if not tale or x.name not in NOT_FOOD), "p", TALE if tale else SITES)
    t.pick("k", TALE_KIN if tale else beings("kin", "elder", "teacher"))
    each, over = t.choose(range(2, 8)), t.choose((0, 0, *range(1, people)))
    unit = t.roles["t"].measure
    t.set("unit", unit)
    t.number("n", each * people + over, unit)
    t.number("m", people, "个")
    t.number("each", each, unit)
    t.number("over", over, unit)
    many = t.roles["m"].name + ("小动物" if tale else "小朋友")
    t.set("m", many)
    t.set("rest", f"还剩{t.roles['over'].name}" if over else "正好分完")
    who = "{" + "+".join(GUESTS[:people]) + "}"
    t.phrase("when", common.WHEN_TALE if tale else t.choose((common.WHEN_MORNING, common.WHEN_AFTERNOON)))
    t.phrase("fine", common.FINE)
    t.do(BRING, "k", "t", "n")
    t.say(tuple(x.replace("{who}", who) for x in OPEN))
    t.maybe(1, 2, GUESS)
    t.do(DIVIDE, "a", "t", "each", "unit")
    t.say(LEFT if over else EVEN)
    if over:
        t.say(OVER)
    if each > 2 and t.chance(1, 4):
        t.cast("e", kind)
        t.do(ARRIVE, "e")
        t.say(NEW)
    else:
        t.say(END)
    if t.chance(1, 2):
        beat = KEEP if t.roles["t"].name in NOT_FOOD else EAT
        t.say(tuple(x.replace("{who}", who) for x in beat))
    if over:
        t.ask("how_many", ("还剩多少{t}？", "分完以后还剩几{unit}？"), ("还剩{over}。", "{over}。"))
    t.ask("how_many", (f"几个{'小动物' if tale else '小朋友'}分{{t}}？",), (f"{'两三四'[people - 2]}个。",))
    t.ask("where", ("在哪里分{t}？",), ("在{p:里}。",))
    t.sum_up(SUMMARY)
