"""比一比谁得的多：钓鱼、捉虫、采蘑菇、捡贝壳……两个人各得多少，一共多少，谁多几个，分给别人以后还剩多少。"""

from dataclasses import dataclass

from tinygpt.corpus.stories.lexicon import Place, Word
from tinygpt.corpus.stories.plans import _common as common
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "故事"
PORTION = 3  # 东西换手、算数，要多讲几遍才学得会
TITLES = ("{act}", "{a}和{b}{act}", "去{p}{act}", "谁得的多", "{a}的{x}", "{b}的{x}", "比一比")
SUMMARY = ("{a}和{b}去{p}{act}，一共得了{total}{x}。", "{a}得了{n1}{x}，{b}得了{n2}，{compare}。")
GET = Verb(
    "get", "got {1} {2}", ("is_at 0 3",), (),
    (("how_many", ("{0}得了多少{2}？", "{0}一共得了多少{2}？"), ("{1}。", "得了{1}。")),),
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """一件事：中英文、得的是什么、量词、地方、工具、怎样得（动词）、经过。"""

    act: str
    english: str
    x: str
    measure: str
    places: tuple[Place, ...]
    tool: tuple[str, ...]
    verb: str
    steps: tuple[str, ...]


def _p(name: str, suffix: str, english: str) -> Place:
    return Place(name, suffix, english)


JOBS = (
    Job("钓鱼", "fish", "鱼", "条", (_p("河边", "", "by the river"), _p("湖边", "", "by the lake"),
        _p("池塘边", "", "by the pond")), ("鱼竿和水桶", "鱼竿和小凳子"), "钓到",
        ("{a}[坐着一动也不动|盯着水面|换了三次鱼食]，浮子[一沉|动了一下]，{a:他}<马上>[提起竿子|拉上来]，"
         "[是一条小鱼|一条鱼在钩上跳]。",
         "{b}[等了半天|总是换地方]，[没有鱼来|鱼把鱼食吃光了]。{a}说：“[别急，慢慢等|小声一点，鱼怕声音]。”")),
    Job("捉蚂蚱", "catch grasshoppers", "蚂蚱", "只", (_p("草地", "上", "on the meadow"), _p("山坡", "上",
        "on the hillside"), _p("田野", "里", "in the fields")), ("瓶子和小网", "草帽和瓶子"), "捉到",
        ("{b}[轻手轻脚|弯着腰]走过去，[两手一扣|用帽子一扣]，[捉住了一只|扣住一只大的]。",
         "{a}看见[一只大的|叶子上有一只]，[刚要捉|一伸手]，[它跳走了|它跳得老远]，[大家都笑了|{b}笑弯了腰]。")),
    Job("采蘑菇", "pick mushrooms", "蘑菇", "个", (_p("树林", "里", "in the woods"), _p("山坡", "上",
        "on the hillside"), _p("松林", "里", "in the pine wood")), ("篮子", "竹篮和小刀"), "采到",
        ("{a}[在松树下|在草里|拨开落叶]看见[一个白的|一个圆圆的|两个小的]，[高兴得叫起来|小心地采下来]。",
         "{b}看见一个红的，{a}<马上>说：“[那种有毒|好看的常常有毒]，[别采|不能要]。”{b}[把手缩了回来|"
             "吓了一跳]。")),
    Job("捡贝壳", "pick up shells", "贝壳", "个", (_p("海边", "", "by the sea"), _p("沙滩", "上",
        "on the beach"), _p("小岛", "上", "on the small island")), ("小桶", "小桶和铲子"), "捡到",
        ("{a}捡到一个[白的|花的|像扇子的]，[放在耳朵边听|拿给{b}看]。",
         "浪[一退|退下去]，[沙子里露出许多贝壳|石头边有不少贝壳]，{b}[跑着去捡|光着脚去捡]。")),
    Job("摘草莓", "pick strawberries", "草莓", "颗", (_p("菜园", "里", "in the garden"), _p("农场", "里",
        "on the farm"), _p("大棚", "里", "in the greenhouse")), ("小篮子", "盒子"), "摘到",
        ("{b}[一边摘一边吃|先吃了一颗]，[嘴边都红了|甜得眯起了眼]。",
         "{a}[蹲着|弯着腰]，[翻开叶子找|专挑红的]，[一颗也没有弄破|轻轻放进篮子]。")),
    Job("捡栗子", "gather chestnuts", "栗子", "颗", (_p("后山", "上", "on the hill"), _p("树林", "里",
        "in the woods"), _p("山脚下", "", "at the foot of the hill")), ("布袋和手套", "筐子和夹子"), "捡到",
        ("栗子外面都是刺，{a}[用脚踩开|小心地剥开]，里面有[两颗|圆圆的栗子]。",
         "{b}的手[让|被]刺扎了一下，{b}[叫了一声|跳了起来]，[又笑了|又说不疼]。")),
    Job("捡鸡蛋", "collect eggs", "鸡蛋", "个", (_p("鸡舍", "里", "in the hen house"), _p("农场", "里",
        "on the farm"), _p("院子", "里", "in the yard")), ("篮子和稻草", "铺着干草的篮子"), "捡到",
        ("{a}把手伸进草里，[摸到一个热的|摸到两个]，[是刚生的|轻轻拿出来]。",
         "一只母鸡[不肯起来|咯咯地叫]，{b}[等它走开|给它一把米]，才拿到下面的蛋。")),
    Job("捞小虾", "catch shrimps", "小虾", "只", (_p("小河边", "", "by the stream"), _p("水沟边", "",
        "by the ditch"), _p("溪边", "", "by the brook")), ("网和水盆", "小网和瓶子"), "捞到",
        ("{b}[卷起裤腿|光着脚]站在水里，[网一提|轻轻一捞]，[有几只在跳|水草里有小虾]。",
         "{a}[把网放在石头后面|不敢动]，[等了一会儿|慢慢一提]，[真的有|小虾跳来跳去]。")),
    Job("捡落叶", "gather fallen leaves", "叶子", "片", (_p("公园", "里", "in the park"), _p("校园", "里",
        "on campus"), _p("树林", "里", "in the woods")), ("书和袋子", "本子"), "捡到",
        ("{a}专找[红的|黄的]，{b}专找[像手掌的|像扇子的]，[一片一片夹好|都压得平平的]。",
         "风一吹，[叶子又落了许多|叶子满天飞]，{b}[追着跑|跳起来接]。")),
)  # fmt: skip
ENGLISH = {
    "鱼": "fish", "蚂蚱": "grasshoppers", "蘑菇": "mushrooms", "贝壳": "shells", "草莓": "strawberries",
    "栗子": "chestnuts",
    "鸡蛋": "eggs", "小虾": "shrimps", "叶子": "leaves",
}  # fmt: skip
WHEN = tuple(x for x in common.WHEN_AFTERNOON if "<时节>" not in x and "<月>" not in x)  # 季节不能随便说
OPEN = (
    "{when}，{a}和{b}[带着|拿着|带上]{tool}去{p}{act}。",
    "{when}，{fine}，{a}[叫上|约了]{b}到{p}去{act}，带着{tool}。",
    "“[走，|]我们去{act}吧！”{when}，{a}对{b}说。{a+b:他们}[拿了|带上]{tool}，去了{p}。",
    "{k}要[做菜|请客|用{x}]，{when}，{a}和{b}就[带着|拿着]{tool}去{p}{act}。",
    "{a}和{b}说好比一比，看谁的{x}多。{when}，{a+b:他们}[来到|到了]{p}，手里拿着{tool}。",
    "{when}，{k}带{a}和{b}去{p}{act}，{tool}[都带齐了|早就准备好了]。",
    "{a}[早就想|一直想]去{act}。{when}，{b}[来找{a:他}|也有空]，{a+b:他们}带着{tool}去了{p}。",
    "[放假了|雨停了|天晴了]，{p:里}有许多{x}。{when}，{a}和{b}带着{tool}来{act}。",
    "[放假|有空]的时候，{a}和{b}常去{p}{act}。{when}，{a+b:他们}又带着{tool}去了。",
    "{when}，{a}[在{p:里}遇到{b}|到了{p}，看见{b}也在]，[两个人都拿着{tool}|手里都有{tool}]，"
        "[原来都是来{act}的|都要{act}]。",
    "因为{k}[很喜欢|要用]{x}，{when}，{a}和{b}带着{tool}，到{p}去{act}。",
    "{when}，{a}和{b}拿着{tool}走到{p}，[要{act}|开始{act}]。",
)
FIRST = (
    "[不一会儿|没过多久|不到一个钟头]，{a}{verb}{p1}，{b}{verb}{q1}。",
        "[起先|开始的时候]，{a}{verb}{p1}，{b}{verb}{q1}。",
        "[过了半个钟头|歇下来一数]，{a}有{p1}，{b}有{q1}。",
    "{a}很快就{verb}{p1}，{b}也{verb}{q1}。",
        "{b}{verb}{q1}，{a}{verb}{p1}，[{a+b:他们}坐下喝水|谁也不说累]。",
)
AGAIN = (
    "[后来|又过了一阵]，{a}又{verb}{p2}，{b}又{verb}{q2}。",
        "[歇了一会儿|吃了<零食>]，{a}再{verb}{p2}，{b}{verb}{q2}。",
        "换了个地方，{b}又{verb}{q2}，{a}又{verb}{p2}。",
    "[要回去的时候|太阳下山以前]，{a}又{verb}{p2}，{b}也{verb}{q2}。",
)
COUNT = (
    "[数一数|最后一数]，{a}有{n1!}{x}，{b}有{n2!}，{compare}，一共{total!}。",
    "{a}数了数，自己有{n1!}；{b}数了数，有{n2!}。{compare}，[合起来|加起来]是{total!}。",
    "“我有{n1!}。”{a}说。“我有{n2!}。”{b}说。{compare}，[合起来|加在一起]是{total!}。",
    "{b}一共{verb}{n2!}，{a}一共{verb}{n1!}，{compare}。[放在一起|一共]是{total!}{x}。",
    "{a}一共{n1!}，{b}一共{n2!}，[合起来|加起来]{total!}，{compare}。",
)
SHARE = (
    "回家的路上遇到{c}，{a+b:他们}[送给|分给]{c:他}{g}，还剩{left!}。",
    "{c}[家里有客人|走过来看]，{a}和{b}给了{c:他}{g}，[自己还有|还剩]{left!}。",
    "{a}和{b}把{g}{x}[送给了|分给了]{c}，{c}<很><高兴>。{a+b:他们}还有{left!}。",
    "回家以前，{a}说：“[给{c}一些吧|分给{c}一点吧]。”{b}说好。{a+b:他们}给了{c}{g}，剩下{left!}。",
)
END = (
    "回到家，{k}[看见了|数了数]，说：“[这么多|你们真能干]！”",
    "[晚上|回到家]，{a}把今天的事[讲给|说给]{k}听。",
    "{a}和{b}[约好|说好]，[下次|下个星期]再比[一次|一比]。",
    "回家的路上，{a}和{b}[唱着歌|说说笑笑|谁也不觉得累]。",
    "{b}说：“[下次我要赢|下次再来]！”{a}说：“<好啊>！”",
    "{a}[晚上|睡觉以前]在日记里写：“今天和{b}{act}，[真高兴|真有意思]。”",
)


def tell(t: Teller) -> None:
    t.cast("a", "child")
    t.cast("b", "child")
    t.cast("c", *t.choose((("elder", "adult"), ("child",))))
    t.pick("k", common.FAMILY)
    jobs = {j.act: j for j in JOBS}
    every = tuple({p.name: p for j in JOBS for p in j.places}.values())
    t.pair("act", tuple(Word(j.act, j.english) for j in JOBS), "p", every, lambda act,
        place: place in jobs[act.name].places)
    job = jobs[t.roles["act"].name]
    t.set("x", Word(job.x, ENGLISH[job.x])), t.set("verb", job.verb), t.set("tool", t.choose(job.tool))
    t.phrase("when", WHEN), t.phrase("fine", common.FINE)
    twice = t.chance(1, 2)
    p1, q1 = t.choose(range(2, 10)), t.choose(range(2, 10))
    p2, q2 = (t.choose(range(1, 7)), t.choose(range(1, 7))) if twice else (0, 0)
    n1, n2 = p1 + p2, q1 + q2
    give = t.choose(range(2, min(6, n1 + n2 - 1)))
    for key, n in (("p1", p1), ("q1", q1), ("p2", p2), ("q2", q2), ("n1", n1), ("n2", n2), ("total", n1 + n2),
    ("g", give),
                   ("left", n1 + n2 - give), ("gap", abs(n1 - n2))):  # fmt: skip
        t.number(key, n, job.measure)
    gap, names = t.roles["gap"].name, (t.roles["a"].name, t.roles["b"].name)
    more, less = names if n1 > n2 else names[::-1]
    t.phrase("compare", ("[两个人一样多|不多不少，一样多]",) if n1 == n2 else (f"{more}比{less}多{gap}",
        f"{more}多{gap}", f"{less}比{more}少{gap}"))
    t.scene("p", "a", "b")
    t.say(OPEN)
    t.do(GET, "a", "n1", "x", "p")
    t.do(GET, "b", "n2", "x", "p")
    for i, step in enumerate(t.chooser.sample(job.steps, 2 if not twice or t.chance(1, 2) else 1)):
        t.say((step,))
        if i == 0 and twice:
            t.say(FIRST)
    if twice:
        t.say(AGAIN)
    t.say(COUNT)
    share = t.chance(1, 2)
    if share:
        t.say(SHARE)
    t.say(END)
    t.ask("where", ("{a}和{b}去哪里{act}？", "{a}和{b}在哪里{act}？"), ("{p}。", "在{p:里}。"))
    t.ask("how_many", ("两个人一共得了多少{x}？", "{a}和{b}的{x}合起来是多少？"), ("{total}。",
        "一共{total}。"))
    same = n1 == n2
    t.ask("who", ("谁的{x}多？", "{a}和{b}，谁得的多？"), ("一样多。",) if same else (f"{more}多。",
        f"{more}。"))
    if not same:
        t.ask("how_many", (f"{more}比{less}多几{job.measure}？",), ("多{gap}。", "{gap}。"))
    if share:
        t.ask("how_many", ("分给{c}以后，还剩多少{x}？", "最后还有多少{x}？"), ("还剩{left}。", "{left}。"))
    t.sum_up(SUMMARY)
