"""信：写给长辈、朋友或老师。说收到的礼物、近来的事，问好，约好什么时候见面，署名和日期。"""

from tinygpt.corpus.stories import verbs
from tinygpt.corpus.stories.lexicon import Number, Place, Word, being, things
from tinygpt.corpus.stories.teller import Teller

GENRE = "信"
TITLES = ("给{r}的信", "写给{r}", "{a}给{r}的信", "谢谢{r}的{t}", "一封信")
SUMMARY = ("{a}写信给{r}，谢谢{r}送的{t}，还说{when}去看{r}。", "{a}收到{r}送的{t}，写信道谢。")
ELDERS = tuple(being(x) for x in ("奶奶", "爷爷", "外婆", "外公", "姑姑", "舅舅"))
DULL, DULL_NAMES = {"工具", "日用", "衣物", "书"}, ("眼镜", "铅笔盒", "哨子", "小喇叭")
GIFTS = tuple(
    t for t in things() if t.use and t.high >= 8 and not DULL & set(t.tags) and t.name not in DULL_NAMES
)
HOMES = tuple(
    Place(name, "", f"in {english}")
    for name, english in (("乡下", "the country"), ("北京", "Beijing"), ("上海", "Shanghai"), ("南京",
        "Nanjing"), ("杭州", "Hangzhou"),
                          ("成都", "Chengdu"), ("西安", "Xi'an"), ("海口", "Haikou"), ("哈尔滨", "Harbin"),
                           ("昆明", "Kunming"))
)  # fmt: skip
CALL = ("[亲爱的|]{r}：\n{you}好！",
    "[亲爱的|]{r}：\n{you}好！[好久没有给{you}写信了。|我<很>想{you}。|{you}近来好吗？|{you}身体好吗？]")
GIFT = (
    "{you}[寄来|送给我|托人带来]的{t}，我[收到了|昨天收到了|前天收到了]，"
    "[谢谢{you}|太谢谢{you}了|非常感谢{you}|真谢谢{you}]！",
    "[前天|昨天|上个星期]，我收到了{you}寄来的{t}，[高兴得跳了起来|<很>喜欢]。",
    "[谢谢{you}|太谢谢{you}了|非常感谢{you}|真谢谢{you}]！{you}送的{t}，"
    "[正是我想要的|我<很>喜欢]。",
    "[生日那天|过生日时|上个月]，我收到{you}送的{t}，[一直想写信谢谢{you}|心里<很><高兴>]。",
    "包裹里的{t}[一点也没坏|完完整整]，[妈妈|爸爸]也说好，"
    "[谢谢{you}|太谢谢{you}了|非常感谢{you}|真谢谢{you}]！",
    "我[打开包裹|拆开盒子]一看，是{t:一色}，[高兴得直叫|<很><高兴>]。",
    "{you}送的那{t:量}{t}，[同学们|朋友们]看了都说好。",
    "{you}怎么知道我[想要|喜欢]{t}？[收到它|拿到它]，我<很><高兴>。",
    "[妈妈|爸爸]把{you}寄的{t}交给我，我[看了又看|<很><高兴>]。",
    "我要谢谢{you}，{you}送的{t}我[收到了|拿到了]。",
)
USED = (
    "[现在|这几天]我天天{use}[，<很><高兴>|]。",
    "[昨天|今天]，我和<朋友>一起{use}，[<很><高兴>|大家都说好]。",
    "以后，我就可以[自己|天天|和大家一起]{use}了。",
    "我[每天|放学后]都{use}，[完了就把它收好|一直<很>爱惜它]。",
    "我会[好好爱惜|<很>爱惜]它，{use}的时候，就会想起{you}[来|]。",
    "[弟弟|妹妹|同桌|表哥]也想{use}，我们就[轮着来|一人一会儿]。",
    "我[早就|一直]想{use}，[现在好了|这下好了]。",
    "[妈妈|爸爸]看我{use}，也[说好|笑了|来试了试]。",
)
NEWS = (
    "[我们班|学校]下个月要开[联欢会|朗诵会]，我[报了名|要上台|当主持人]。",
    "我[学会了|刚学会][骑自行车|游泳|包饺子|下棋|煮面条|打算盘|吹笛子]，[大家都夸我|<很><高兴>]。",
    "[上个星期|前几天][语文|数学|英语]考试，我得了[九十|九十二|九十五|九十八|一百]分。",
    "家里[养了|新来了][一只小猫|一只小狗|两条金鱼|一只小乌龟|两只兔子]，[我每天都喂|大家都喜欢|可有意思了]。",
    "我在[阳台上|院子里|窗台上]种了[辣椒|葱|豆角|向日葵|西红柿]，[每天浇水|已经发芽了|天天去看]。",
    "[这里天天下雨，出门要带伞|刮了两天风，现在停了|这里天天都是好天气]。",
    "[爸爸|妈妈][身体很好|工作很忙|一切都好]，[常常说起{you}|也问{you}好]。",
    "我最近在看一本[故事书|历史书|讲星星的书]，[看到一半了|快看完了]。",
    "[上个星期天|放假时]，我们去了[动物园，看到了<动物>|植物园，看到了许多没见过的花|海边，"
    "捡了一袋贝壳|博物馆，看到了恐龙的骨头]。",
    "我[长高了两厘米|换了新同桌|当了小组长|参加了合唱队]。",
    "我每天[早上跑步|晚上练字|自己叠被子|帮家里扫地]，[妈妈|爸爸]说我<夸>。",
    "<功课>课[<很>有意思|我最喜欢]，老师[讲得清楚|常常讲故事]。",
)
MEET = (
    "[{when}|到了{when}]，我[就|要]去{p}看{you}，[再和{you}好好说话|那时再好好说话]。",
    "[爸爸|妈妈]说，{when}带我去{p}看{you}。",
    "{when}，我要[坐火车|坐汽车]去{p}看{you}，[带上我画的画|给{you}带好吃的]。",
    "[我真想|我<很>想]去{p}看{you}，[等到|到了]{when}就能见面了。",
    "{p}[冷吗|热吗|下雨了吗]？{when}，我[要|一定]去看{you}。",
    "[我们说好了|我想好了]，{when}去{p}看{you}，[一天也不晚|住上<几>天]。",
    "听说{p}[很好玩|变样了]，{when}我去看{you}时，{you}带我走走[，好吗？|吧！]",
    "[很快|不久]就是{when}了，[那时|到时]我去{p}看{you}。",
)
WISH_OLD = ("祝{you}身体健康！", "祝{you}[天天高兴|身体好]！", "请{you}多保重身体。",
    "祝{you}[一切都好|万事如意]！")
WISH_FRIEND = ("祝{you}[天天高兴|一切都好]！", "祝{you}学习进步！", "[等{you}的回信|盼着{you}的信]。",
    "[有空|记得]给我写信！")
SIGN = ("\n{role}{a}\n{date}",)
FRIEND_HOLIDAYS = ("暑假", "寒假", "国庆节", "五一节", "春节")


def tell(t: Teller) -> None:
    t.cast("a", "child")
    friend = t.chance(1, 3)
    if friend:
        t.cast("r", "child")
    else:
        t.pick("r", ELDERS)
    t.set("you", "你" if friend else "您")
    t.set("role", "你的朋友" if friend else _role(t))
    t.pair("t", GIFTS, "p", HOMES)
    t.set("use", Word(t.roles["t"].use))
    t.set("when", t.choose(FRIEND_HOLIDAYS))
    t.set("date",
        f"{Number(t.choose(_months(t.roles['when'].name))).name}月{Number(t.choose(range(1, 29))).name}日")
    t.state.move(t.roles["a"], t.roles["p"])
    t.state.move(t.roles["r"], t.roles["p"])
    t.own("r", "t")
    t.do(verbs.PRESENT, "r", "t", "a")
    t.do(verbs.WRITE, "a", "r")
    t.say(CALL, GIFT)
    if t.told("t"):
        t.say(USED)
    t.say(NEWS)
    t.maybe(1, 3, NEWS)
    t.say(MEET)
    t.say(WISH_FRIEND if friend else WISH_OLD, SIGN)
    t.ask("when", ("{a}什么时候去看{r}？",), ("{when}。", "{when}去。"))
    t.ask("where", ("{r}住在哪里？",), ("住在{p}。", "在{p}。"))
    t.sum_up(SUMMARY)


def _role(t: Teller) -> str:
    boy, name = t.roles["a"].pronoun == "他", t.roles["r"].name
    pairs = {"奶奶": "孙子 孙女", "爷爷": "孙子 孙女", "外婆": "外孙 外孙女", "外公": "外孙 外孙女",
        "姑姑": "侄子 侄女", "舅舅": "外甥 外甥女"}
    return "您的" + pairs[name].split()[0 if boy else 1]


def _months(holiday: str) -> tuple[int, ...]:
    """写信的月份：在假日之前。"""
    return {"暑假": (4, 5), "寒假": (11, 12), "国庆节": (9,), "五一节": (3, 4), "春节": (11, 12,
        1)}[holiday]
