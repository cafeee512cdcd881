"""分东西：三四个人分一样数得清的东西，每人一样多，还剩几个；剩下的给谁，有缘由。每个数都由状态算出来。"""

from tinygpt.corpus.stories.lexicon import Number, Thing, Word, places
from tinygpt.corpus.stories.plans import _common as common
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "故事"
PORTION = 3  # 东西换手、算数，要多讲几遍才学得会
TITLES = ("分{t}", "{n}{t}", "{a}分{t}", "每人{q}", "剩下的{t}", "公平的{a}", "{p:里}分{t}")
SUMMARY = (
    "{all}分{n}{t}，每人{q}，剩下的{rest}。",
    "{a}把{n}{t}分给大家，每人{q}，剩下{r}{rest}。",
)
DIVIDE = Verb(  # 谁、什么、一共多少、每人多少、剩下多少
    "divide", "divided {1:many} fairly", (), (),
    (("who", ("是谁分的{1}？", "谁来分{1}？"), ("是{0}。", "{0}。")),
     ("how_many", ("一共有多少{1}？",), ("{2}。", "一共{2}。")),
     ("how_many", ("每人分到多少{1}？", "一人分到多少{1}？"), ("{3}。", "每人{3}。")),
     ("how_many", ("还剩多少{1}？", "分完以后剩下多少？"), ("{4}。", "剩下{4}。"))),
)  # fmt: skip
LEFT_FOR = Verb(
    "leave", "left the rest for {1}", (), (),
    (("who", ("剩下的给了谁？", "剩下的{2}留给谁？"), ("给{1}。", "是{1}。")),),
)
WIN = Verb(
    "win", "won the rest", (), (),
    (("who", ("剩下的{1}给了谁？", "剩下的给了谁？"), ("{0}。", "是{0}。")),),
)
KEEP = Verb(
    "keep", "put the rest away for tomorrow", (), (),
    (("where", ("剩下的{1}放在哪里？",), ("{2}。", "放在{2}。")),),
)
ROWS = (
    "苹果 apple 个,梨 pear 个,桃子 peach 个,橘子 orange 个,香蕉 banana 根,"
    "草莓 strawberry 颗,樱桃 cherry 颗,荔枝 lychee 颗,枣 date 颗,李子 plum 个,"
    "杏 apricot 个,核桃 walnut 个,栗子 chestnut 个,包子 bun 个,月饼 mooncake 块,"
    "饼干 biscuit 块,糖 sweet 块,巧克力 chocolate 块,玉米 corncob 根,"
    "红薯 yam 个,粽子 dumpling 个,花生糖 nougat 块,山楂 haw 颗,芝麻饼 pancake 块,"
    "米糕 ricecake 块,烧饼 pancake 个,西红柿 tomato 个"
)
TOYS = (
    "贝壳 shell 个,气球 balloon 个,贴纸 sticker 张,彩纸 card 张,书签 bookmark 张,"
    "邮票 stamp 张,铅笔 pencil 支,卡片 card 张,小铃铛 bell 个,弹珠 marble 颗,"
    "橡皮 eraser 块,风车 windmill 个,纽扣 button 颗"
)
FOODS, SMALL = (tuple(Thing(*x.split()) for x in rows.split(",")) for rows in (ROWS, TOYS))
WILD = "苹果 梨 桃子 草莓 樱桃 枣 李子 杏 核桃 栗子 玉米 红薯 山楂"
TALE_FOODS = tuple(x for x in FOODS if x.name in WILD.split())
TOWN = tuple(p for p in places("play") if "town" in p.tags or p.name == "校园") + places("home")
TALE = places("tale")
KEPT = ("篮子里", "盒子里", "纸袋里", "罐子里", "布袋里")

OPEN = (
    "{when}，{k}给了{all}{n}{t}，[说|笑着说]：“[自己分吧|你们自己分]。”",
    "{when}，{all}在{p:里}玩。{a}拿出{n}{t}，[要和|想和]大家一起分。",
    "{when}，{k}[从外地回来|从店里回来|出门回来]，带给{all}{n}{t}，让大家自己分。",
    "{when}，{all}在{p:里}<游戏>，[玩累了|玩够了]，{a}从书包里拿出{n}{t}。",
    "“[看|快看]，{n}{t}！”{when}，{a}[跑到|来到]{p}，{b}[高兴得跳了起来|拍着手笑了]。一起来分的是{all}。",
    "{k}送来{n}{t}，[放在桌上|装在袋子里]。{when}，{all}[围了过来|坐在一起]，[要分一分|想着怎样分]。",
    "今天是{k}的生日，{k}拿出{n}{t}，请{all}[分一分|自己分]。",
    "如果有{n}{t}，要分给{gg}，怎样分才公平呢？{when}，{all}就遇到了这样的事。",
    "{when}，{fine}，{all}来到{p}。{a}[打开袋子|打开盒子]，里面有{n}{t}。",
    "{when}，{a}帮{k}<家务>，{k}给{a:他}{n}{t}。{a}[叫来|请来]朋友，一起分的有{all}。",
    "上次{b}请大家吃<点心>，[这一次|今天]{a}带来{n}{t}。{when}，{all}在{p:里}见面。",
    "“{n}{t}，怎么分？”{when}，{k}问{all}。{a}说：“[我来|我来分]！”",
)
OPEN_TALE = (
    "{when}，{all}在{p:里}[找到|捡到]了{n}{t}。",
    "{p:里}住着{all}。{when}，{a}[带来|背回来|找来]{n}{t}，[要分给大家|请大家来分]。",
    "从前，{all}是好朋友。{when}，{a+b+c:他们}在{p:里}找到{n}{t}。",
    "{when}，<野友>送给{all}{n}{t}，[大家高兴极了|大家都说谢谢]。",
    "{when}，<野景>。{all}从{p:里}抬回{n}{t}。",
    "“[快来|来呀]！”{when}，{a}在{p:里}[喊|叫]，“我有{n}{t}！”{all}都来了。",
    "{all}帮<野友><大活>，得到{n}{t}。{when}，{a+b+c:他们}坐在{p:里}，[要分一分|想着怎么分]。",
    "如果有{n}{t}，{gg}怎样分呢？{when}，在{p:里}，{all}[想了半天|想来想去]。",
)
WRONG = (
    "{b}说：“每人{q1}吧。”{a}一算：每人{q1}要{need}，[不够|还差{lack}]。",
    "“每人{q1}！”{b}[抢着说|叫道]。{c}[数了数|想了想]，说：“[那就差{lack}|还少{lack}呢]。”",
    "{c}想要{q1}，{b}也想要{q1}。{a}说：“[这样不行|这样不够]，每人{q1}，就要{need}了。”",
    "{b}[先拿了|一把抓了]{q1}，{c}[急了|不高兴了]：“[你多了|不公平]！”{b}[红着脸|不好意思地]放了回去。",
    "{a}先给{b}{q1}，又给{c}{q1}，[可是后面的人就少了|自己就少了]。{a:他}说：“[重来|再分一次]。”",
    "{b}说：“[我最大，我多拿一些|我跑得快，我要多一些]。”{c}说：“[不行，要一样多。|那我呢？]”",
    "“[大的给我|我要多一点]！”{b}说。“[一样多才公平|谁也不能多]。”{a}说。",
    "{c}说：“[闭着眼睛抓吧|谁先抓到归谁]。”“[那不公平|不好]，”{a}说，“[还是数一数|要一样多]。”",
)
COUNT = (
    "{a}[数了两遍|数了数]，{n}{t}，{gg}，每人{q!}，还剩{r!}。",
    "{a}[想了想|算了算]：{gg}，每人{q!}，[一共是|就是]{used}，还剩{r!}。",
    "{a}[你一{u}我一{u}|一{u}一{u}]地分，[分到最后|分完]，每人{q!}，剩下{r!}。",
    "“每人{q!}，[{g}乘{qn}是{usedn}|正好{used}]，还多{r!}。”{a}[算得很快|说得很清楚]。",
    "{c}数，{a}分，{b}[看着|在一旁帮忙]。每人{q!}，[谁也不多|一样多]，还剩{r!}。",
    "{a}把{t}摆成{g}[排|堆]，每{u2}{q!}，[旁边还有|多出来]{r!}。",
    "{a}先给{b}{q!}，再给{c}{q!}，自己也[拿了|留了]{q!}，[大家一样多|人人都有]，还剩{r!}。",
    "{b}分到{q!}，{c}分到{q!}，{a}也是{q!}，[没有人多|人人一样]，[盒子|袋子]里还剩{r!}。",
    "“{n}分给{gg}，每人{q!}，[对不对|对吗]？”{a}问。“对，[还剩|还多]{r!}。”{c}说。",
    "{a}[拿来|找来]{g}个[盘子|纸袋|碗]，每个放{q!}，最后剩{r!}。",
)
ASK_REST = (
    "剩下的{r}给谁呢？",
    "“剩下的怎么办？”大家问。",
    "大家[看着|望着]剩下的{r}，[谁也没有伸手|都不说话]。",
    "{b}想要剩下的，{c}也想要。",
    "“这{r}[不能分了|分不开]，”{a}说，“[怎么办|给谁好]？”",
)
GIVE = (
    "{a}说：“给{e}吧，{because}。”[大家|{b}和{c}]都说好。",
    "{c}说：“别忘了{e}，{because}。”剩下的就[给了|留给了]{e}。",
    "{b}[想起|想到]{e}，说：“{because}，[给{e:他}留着|送给{e:他}]，好不好？”“<好啊>！”[大家|{a}]说。",
    "{a+b+c:他们}把剩下的{r}[送给|留给]{e}，因为{because}。",
    "“{because}，”{a}说，“剩下的[都给|该给]{e}。”[谁也没有意见|大家点点头]。",
    "{c}[拿起|捧着]剩下的{r}，给{e}[送去|拿去]，因为{because}。{e}[笑了|<很><高兴>]。",
)
BECAUSE = (
    "{e:他}[今天没有来|在家写作业|出门去了]", "{e:他}最喜欢{t}", "{e:他}昨天帮大家<帮活>了",
    "{e:他}[生病了|牙刚好|这几天不舒服]", "{e:他}上次也拿<点心>分给大家", "{e:他}[忙了一天|做事最辛苦]",
    "{e:他}[过两天|明天]过生日", "{e:他}教大家{game}",
)  # fmt: skip
GAME = (
    "{a}说：“[猜拳吧|我们猜拳]，谁赢了给谁。”结果{x}赢了，剩下的{r}给了{x!}。",
    "大家[猜拳|猜谜语|比跳远|比单脚站|掷骰子]，{x}赢了，[高兴地|笑着]拿走了剩下的{r}。",
    "{x}[年纪最小|个子最小|昨天没有分到|来得最早]，大家说：“剩下的给{x!}吧。”{x}说：“谢谢[大家|你们]！”",
)
SAVE = (
    "{a}把剩下的{r}放在{kept}，明天再分。",
    "“先放着吧。”{c}说。{a}把剩下的{r}放到{kept}，[明天|下次]再分。",
    "{b}说：“[不急|留着]，[明天|过两天]再分。”剩下的{r}就放在{kept}。",
    "大家商量好了，剩下的{r}放在{kept}，[等<野友>来了给它|来了客人再拿出来|明天再说]。",
)
EAT = (
    "{a+b+c:他们}一边吃一边说话，[<很><高兴>|有说有笑]。",
    "{b}[很快就吃了一{u}|先吃了一{u}]，{c}慢慢吃，{a}带回家给{k2}吃。",
    "{t}[真甜|真香|真好吃]，{a}[吃得<很>慢|舍不得吃完]。",
    "{c}说：“[真好吃|又香又甜]！”{b}说：“[下次我带<水果>来|下次我请大家吃<点心>]。”",
    "{a}把自己的[留了一{u}|分出一{u}]给{k2}，{k2}<笑着说>：“{a}真懂事！”",
    "吃完{t}，{a+b+c:他们}[又|还]一起{game}。",
    "{b}吃[多了|得太快]，{c}[给{b:他}倒水|叫{b:他}慢一点]，大家都笑了。",
    "{a}[擦擦嘴|洗了手]，说：“[分着吃比一个人吃香|大家一起吃真好]。”",
)
PLAY = (
    "{a}把自己的{t}[放好|收好]，<很><高兴>。",
    "{b}[拿着|看着]自己的{t}，[<很><高兴>|爱不释手]，{c}[也笑了|也<很><高兴>]。",
    "{a+b+c:他们}[拿着{t}|分完{t}]，又一起{game}。",
    "{c}说：“[下次我带|明天我拿]<零食>来分。”{b}说：“<好啊>！”",
    "{b}用{t}[换了|跟{c}换了]一张画，[两个人都<很><高兴>|谁也不吃亏]。",
    "{a}[送一{u}给{k2}|拿一{u}给{k2}看]，{k2}说：“{a}<夸>！”",
)
END = (
    "{k2}[听说了|知道了]，说：“{a}分得[公平|好]，<夸>！”",
    "从那以后，大家[分东西|有好东西]都[请|叫]{a}来分。",
    "回家的路上，{c}对{a}说：“[<谢谢你>|你算得真快]。”",
    "[回到家|晚上]，{b}把分{t}的事[讲给|说给]家里人听。",
    "{all}[说好|约好]，[明天|下次]一起{game}。",
)


def tell(t: Teller) -> None:
    tale = t.chance(1, 3)
    kind = "animal" if tale else "child"
    g = t.choose((3, 3, 4))
    keys = ("a", "b", "c", "d")[:g]
    for key in keys:
        t.cast(key, kind)
    t.cast("k", "kin", "elder") if not tale else t.set("k", t.roles["a"])
    food = tale or t.chance(3, 4)
    goods = TALE_FOODS if tale else FOODS if food else SMALL
    t.pair("t", goods, "p", TALE if tale else TOWN)
    names = [t.roles[key].name for key in keys]
    t.set("all", "、".join(names[:-1]) + "和" + names[-1])
    t.set("gg", Number(g, "个").name + ("小伙伴" if tale else "人"))
    t.set("k2", "奶奶" if t.roles["k"].name == "妈妈" else "妈妈")
    _sums(t, g, t.roles["t"].measure)
    t.phrase("game", ("<野事>",) if tale else ("<游戏>",))
    t.phrase("when", common.WHEN_TALE if tale else common.WHEN_AFTERNOON)
    t.phrase("fine", common.FINE)
    t.do(DIVIDE, "a", "t", "n", "q", "r")
    t.say(OPEN_TALE if tale else OPEN)
    if t.chance(1, 2):
        t.say(WRONG)
    t.say(COUNT)
    _rest(t, tale)
    t.say(EAT if food else PLAY)
    t.maybe(1, 2, END)
    t.sum_up(SUMMARY)


def _sums(t: Teller, g: int, measure: str) -> None:
    """每人 q 个，剩 r 个；想每人多一个就差 lack 个。"""
    q, r = t.choose(range(2, 10)), t.choose(range(1, g))
    t.set("u", measure)
    t.set("u2", "份")
    t.set("g", Number(g).name)
    for key, value in (("n", q * g + r), ("q", q), ("r", r), ("used", q * g), ("q1", q + 1), ("need",
    (q + 1) * g),
                       ("lack", g - r)):  # fmt: skip
        t.number(key, value, measure)
    t.number("qn", q)
    t.number("usedn", q * g)


def _rest(t: Teller, tale: bool) -> None:
    """剩下的：送给没有分到的人、比一比、或者留着。"""
    how = t.choose(("give", "give", "game", "save"))
    if how != "save":
        t.maybe(1, 2, ASK_REST)
    if how == "give":
        t.cast("e", *(("animal",) if tale else ("child", "elder", "teacher")))
        t.phrase("because", BECAUSE)
        t.do(LEFT_FOR, "a", "e", "t")
        t.say(GIVE)
        t.set("rest", "给了" + t.roles["e"].name)
        t.ask("why", ("为什么剩下的给{e}？",), ("因为{because}。",))
    elif how == "game":
        t.set("x", t.roles[t.choose(("b", "c"))])
        t.do(WIN, "x", "t")
        t.say(GAME)
        t.set("rest", "给了" + t.roles["x"].name)
    else:
        t.set("kept", Word(t.choose(KEPT)))
        t.do(KEEP, "a", "t", "kept")
        t.say(SAVE)
        t.set("rest", "放在" + t.roles["kept"].name)
