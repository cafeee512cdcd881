"""第一次见面：互相问名字、从哪里来、多大、喜欢什么，后来成了朋友。"""

from dataclasses import dataclass

from tinygpt.corpus.stories.lexicon import Place, Word
from tinygpt.corpus.stories.plans import _common as common
from tinygpt.corpus.stories.plans._talk import Talk
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "对话"
TITLES = ("认识{b}", "{a}和{b}", "你好", "{place:里}的问候", "新朋友", "{a}的新朋友", "第一次见面")
SUMMARY = ("{a}在{place:里}遇到{b}，{result}。", "{a}和{b}在{place:里}见面，{result}。")
GREET = Verb(
    "greet", "said hello to {1} {2:at}", ("is_at 0 2", "is_at 1 2"), (),
    (("who", ("{0}跟谁打招呼？", "{0}遇到了谁？"), ("是{1}。", "{1}。")),),
)  # fmt: skip
LEARN = Verb("learn", "learned the name of {1}", ("together 0 1", "unaware 0 1"), ("learn 0 1",))
FRIENDS = Verb("befriend", "made friends with {1}", ("together 0 1", "aware 0 1", "aware 1 0"))


@dataclass(frozen=True)
class Scene:
    """第一次见面的地方：怎样见到的、b 为什么来这里；stay 是以后还常常见面。"""

    place: Place
    stay: bool
    open: tuple[str, ...]
    why: tuple[str, ...]


SCENES = (
    Scene(
        Place("教室", "里", "in the classroom"), True,
        ("[开学第一天|新学期第一天|星期一]，{a}走进教室，旁边坐着一个[不认识的|没见过的|新来的]{b:孩}。",
         "今天教室里来了一个新同学，老师请新同学坐在{a}[旁边|前面|后面]。",
         "[星期一早上|上课以前]，老师把一个新同学带进教室，让新同学坐在{a}的[前面|后面|旁边]。",
         "{a}在教室里换了座位，新同桌是一个[爱笑的|高高的|瘦瘦的|戴眼镜的|新来的]{b:孩}。"),
        ("我[是从{home}转学来的|刚从{home}转来|以前在{home}上学]", "我们家[上个月|暑假里|刚刚]从{home}搬来"),
    ),
    Scene(
        Place("小区", "里", "in the neighbourhood"), True,
        ("[星期天|昨天|今天]，楼上搬来一家新邻居。{a}在小区里[看见|遇到]了邻居家的{b:孩}。",
         "{a}在小区里<游戏>，[看见|走来]一个[没见过的|不认识的]{b:孩}。",
         "隔壁[搬来了新邻居|住进了新邻居]。{a}[下楼|放学回来]，在小区里[碰见|看见]一个{b:孩}。",
         "[放学以后|吃过晚饭]，{a}在小区里[遇到|看见]一个[新来的|不认识的]{b:孩}。"),
        ("我家[刚从{home}搬来|上个星期从{home}搬来]", "我[刚搬到这里|昨天才搬来]，以前住在{home}"),
    ),
    Scene(
        Place("公园", "里", "in the park"), False,
        ("[春天|星期天|今天|放假的时候]，{a}在公园里<游戏>，一个{b:孩}[走过来看|站在旁边看]。",
         "公园里，{a}坐在长椅上[看书|画画|吃<水果>]，旁边[坐着|来了]一个{b:孩}。",
         "在公园里，{a}的[皮球|风筝|毽子]掉在地上，一个{b:孩}捡起来还给{a:他}。{a}[说了声谢谢|连声说谢谢|"
             "高兴地谢了又谢]。",
         "在公园的[滑梯|秋千|喷泉]旁边，{a}遇到一个[没见过的|不认识的]{b:孩}。"),
        ("我[放假|来玩]，住在[外婆|姑姑|爷爷]家，我家在{home}", "我从{home}来，[来看爷爷奶奶|来这里玩几天]"),
    ),
    Scene(
        Place("火车", "上", "on the train"), False,
        ("[放假了|春天|夏天|国庆节]，{a}和{k}坐火车，对面坐着一个{b:孩}。",
         "[放假了|暑假里|昨天|今天]，{a}跟着{k}上了火车，旁边是一个{b:孩}。",
         "火车开了，{a}[看着窗外|靠着窗坐]，对面的{b:孩}[也在看窗外|向{a:他}笑了笑|在看书]。",
         "火车上人很多，{a}找到座位，旁边的{b:孩}[给{a:他}让了让|往里坐了坐]。"),
        ("我[跟着爸爸妈妈|跟着奶奶|跟着姑姑]回家，我家在{home}",
         "我家在{home}，[放假到处看看|刚从外婆家回来]"),
    ),
    Scene(
        Place("图书馆", "里", "in the library"), False,
        ("{a}在图书馆里找书，[一个{b:孩}也在找|旁边也有一个{b:孩}]，原来两个人要找同一本。",
         "图书馆里很安静，{a}对面坐着一个[看书的|不认识的|看地图的|写作业的]{b:孩}。",
         "在图书馆里，{a}够不着高处的书，一个{b:孩}帮{a:他}拿了下来。",
         "[星期六|下午|放学以后]，{a}在图书馆里遇到一个{b:孩}，[两个人坐在一起|两个人都在看书]。"),
        ("我[放假来这里|来看外婆]，家在{home}", "我从{home}来，[放假住在姑姑家|在这里住一个月]"),
    ),
)  # fmt: skip
HELLO = (
    "[你好|嗨|你好呀]！我叫{a}，[你叫什么名字|你呢|你叫什么]？",
    "你好！[第一次见到你|没见过你|以前没见过你]，我叫{a}，你[呢|叫什么]？",
    "[嗨|你好|你好啊]，我是{a}。[你叫什么|请问你叫什么|你叫什么名字]？",
    "[你好呀|你好]！[能告诉我|可以告诉我|可以问问]你的名字吗？我叫{a}。",
    "你好，[我们认识一下吧|交个朋友吧|我们说说话吧]。我[是|叫]{a}，你[叫什么名字|呢]？",
    "你好！我的名字[叫|是]{a}，[怎么称呼你|你叫什么名字|你呢]？",
    "[你也一个人吗|你好，我可以坐这儿吗|你在看什么]？我叫{a}。你[叫什么名字|呢]？",
    "你好！[很高兴见到你|认识你很高兴]。我[叫|是]{a}，请问你叫什么？",
)
NAME_BACK = (
    "你好，{a}！我[叫|是]{b}[。|，很高兴见到你。|，请多关照。]",
    "我叫{b}，[很高兴认识你|认识你真高兴|见到你很高兴]。",
    "我的名字叫{b}。[请多关照|你好，{a}|{a}，你好]！",
    "你好，我是{b}，{why}。",
    "我叫{b}。{why}，[还没有认识的人|请多关照|请你多关照]。",
    "我叫{b}，[你就叫我{b}吧|是爷爷起的名字|是奶奶起的名字]。你好，{a}！",
    "{a}，你好！我是{b}，[请多关照|以后多关照|很高兴认识你]。",
    "[嗯|你好]，我叫{b}。{a}，[见到你真高兴|你的名字真好听|你好]！",
)
FROM_ASK = ("{b}，你是[从哪里来的|哪里人]？", "你是从哪里来的，{b}？", "你是哪里人[，{b}|]？",
    "{b}，你从哪里来？")
FROM_SAY = ("{why}。", "{why}。[{home}离这里很远|那里<很>好玩|{home}冬天<很>好看|我常常想{home}]。")
AGE_ASK = (
    "我今年{age1}岁，[你呢|你多大]？",
    "{b}，你几岁了？我{age1}岁。",
    "你今年[多大|几岁]？我{age1}岁[了|]。",
    "我{age1}岁，[上{grade1}年级|在{grade1}年级|读{grade1}年级]。你多大了？",
    "你上几年级？我[今年|]{age1}岁，上{grade1}年级。",
)
AGE_SAY = (
    "我[今年|]{age2}岁，{older}。",
    "我{age2}岁，[上|读]{grade2}年级，{older}。",
    "我{age2}岁，[上{grade2}年级|读{grade2}年级]，{older}。",
    "我{age2}岁[了|]，[生日在{month}月|{month}月过的生日]，{older}。",
)
LIKE_ASK = (
    "{b}，你喜欢做什么？我[喜欢|最爱]{hobby1}。",
    "我[喜欢|最喜欢|爱]{hobby1}，你呢？",
    "你平时[喜欢做什么|玩什么|做些什么]？我[常常|最爱|总是]{hobby1}。",
    "我最爱{hobby1}，[你也喜欢吗|你喜欢什么]？",
    "[放学以后|没事的时候|星期天]，我[总是|常常]{hobby1}。{b}，你[爱做什么|呢]？",
    "你会{hobby1}吗？我[很喜欢|常常练|刚刚学会]。",
)
LIKE_OTHER = (
    "我喜欢{hobby2}，[你教我{hobby1}，我教你{hobby2}吧|也想学{hobby1}|{hobby1}我也想试试]。",
    "我不太会{hobby1}，[可是我会|不过我喜欢|我喜欢]{hobby2}。",
    "我[更|]喜欢{hobby2}，也会一点{hobby1}。",
    "我常常{hobby2}，{hobby1}[也喜欢|还没试过]。",
    "我[爱|喜欢]{hobby2}。你教我{hobby1}，好吗？",
)
LIKE_SAME = (
    "[太好了|真巧|哈哈]！我也[喜欢|爱]{hobby1}。",
    "真的吗？我也[最爱|常常|喜欢]{hobby1}！",
    "我也喜欢！[以后我们可以一起{hobby1}|我跟爷爷学的|我学了两年了]。",
    "[我也是|我也一样]！{a}，[我们真像|我们可以比一比|真巧啊]！",
    "[哈哈|真巧]，我们一样，[我也天天{hobby1}|我也爱{hobby1}]。",
)
INVITE = (
    "{b}，我们[做朋友|交个朋友]吧！",
    "{b}，[现在|从今天起]我们就是朋友了！",
    "那我们[一起玩|一起坐|说说话]吧，{b}！",
    "{b}，[再给我讲讲{home}吧|给我说说{home}吧]，好吗？",
    "{b}，我[有<水果>|带了<点心>|带了<水果>]，[我们一起吃|给你一半|分给你吃]吧。",
)
INVITE_STAY = (
    "{b}，[明天|以后|星期天]我们一起[玩|做作业|看书|去公园]，好吗？",
    "{b}，[星期六到我家来玩吧|下次来我家吧|放学我们一起走吧]！",
    "那我们[做朋友吧|一起玩吧]，{b}！",
    "我带你[去认识大家|到处看看|去看看这里]吧，{b}！",
)
AGREE = ("[好啊|好的|好|嗯，好]，{a}！", "[好啊|好的|好|嗯，好]！谢谢你，{a}。", "[太好了|好呀|好极了]！",
    "[太好了|好呀]，谢谢你！",
    "[好啊|好的|好|嗯，好]，[我很高兴|你真好]！")
NEW_END = (
    "{a}和{b}[都笑了|成了朋友|说了很多话]。",
    "就这样，{a}和{b}[成了好朋友|认识了|成了朋友]。",
    "分手的时候，{a}说：“{b}，再见！”{b}也说：“再见！”",
    "{b}刚刚认识{a}，[心里一点也不怕了|就像老朋友一样]。",
    "{a}把{b}的名字写在本子上，[怕忘了|心里<很><高兴>]。",
    "{a}想：“[认识{b}真好|我又多了一个朋友]。”",
)
END_STAY = (
    "从这一天起，{a}和{b}[就是朋友了|常常在一起玩|天天一起上学]。",
    "{b}[来这里的第一天|刚来]，就有了一个朋友，心里<很><高兴>。",
    "{a}回家对{k}说：“我认识了一个新朋友，叫{b}！”",
    "晚上，{k}问{a}：“今天和你说话的是谁？”{a}说：“是我的新朋友，叫{b}。”",
    "{a}和{b}[都笑了|成了朋友|手拉着手去玩了]。",
)
HOBBIES = ("画画", "下棋", "唱歌", "跳绳", "踢足球", "游泳", "打羽毛球", "剪纸", "做手工", "折飞机", "吹笛子",
    "放风筝", "写毛笔字", "滑冰", "打乒乓球", "拍照", "变魔术", "做蛋糕", "踢毽子", "弹钢琴", "拉二胡")
HOMES = ("北京", "上海", "南京", "广州", "成都", "西安", "杭州", "武汉", "昆明", "青岛", "桂林", "苏州",
    "哈尔滨", "厦门", "长沙", "天津")


def tell(t: Teller) -> None:
    t.cast("a", "child")
    t.pick("k", common.FAMILY)
    talk = Talk(t, t.chance(2, 5))
    t.cast("b", "child")
    t.pair("hobby1", tuple(Word(h) for h in HOBBIES), "place", tuple(s.place for s in SCENES))
    scene = next(s for s in SCENES if s.place == t.roles["place"])
    t.pick("hobby2", tuple(Word(h) for h in HOBBIES))
    t.set("home", t.choose(HOMES))
    t.phrase("why", scene.why)
    t.scene("place", "a", "b")
    t.do(GREET, "a", "b", "place")
    t.do(LEARN, "b", "a")
    talk.tell(scene.open)
    talk("a", "b", "说", HELLO)
    t.do(LEARN, "a", "b")
    if talk.rows:
        talk("b", "a", "答", NAME_BACK)
    else:  # 名字还没有说出来，先称"那个男孩"
        t.say(("[那个|这个]{b:孩}[说|回答|笑着说|<笑着说>]：“",), NAME_BACK, ("”",))
    middles = t.chooser.sample((_origin, _age, _hobby), 2)
    for middle in middles:
        middle(t, talk)
    talk("a", "b", "说", INVITE_STAY if scene.stay else INVITE if t.told("home") else INVITE[:3] + INVITE[4:])
    talk("b", "a", "答", AGREE, bare=True)
    if not talk.rows or t.chance(1, 2):
        talk.tell(END_STAY if scene.stay else NEW_END)
    t.do(FRIENDS, "a", "b")
    talk.close()
    t.set("result", "成了朋友")
    t.sum_up(SUMMARY)
    t.ask("where", ("{a}和{b}在哪里见面？", "{a}在哪里遇到{b}？"), ("在{place:里}。",))
    t.ask("who", ("{a}的新朋友叫什么？", "{a}认识了谁？"), ("{b}。", "叫{b}。"))


def _origin(t: Teller, talk: Talk) -> None:
    if not t.told("home"):
        talk("a", "b", "问", FROM_ASK)
        talk("b", "a", "答", FROM_SAY)
    t.ask("where", ("{b}从哪里来？", "{b}是从哪里来的？"), ("从{home}来。", "{home}。"))


def _age(t: Teller, talk: Talk) -> None:
    one = t.choose(range(7, 12))
    together = t.roles["place"].name == "教室"  # 同班同学，差不了一岁
    two = t.choose([n for n in range(7, 12) if not together or abs(n - one) <= 1])
    t.number("age1", one), t.number("age2", two)
    t.number("grade1", one - 6), t.number("grade2", (one if together else two) - 6), t.number("month",
        t.choose(range(1, 13)))
    gap = t.number("gap", abs(one - two), "岁").name
    same = ("[我们一样大|和你一样大|我们同岁]",)
    older, younger = (f"比你大{gap}", f"比你大{gap}"), (f"比你小{gap}", f"你比我大{gap}")
    t.phrase("older", same if one == two else older if two > one else younger)
    talk("a", "b", "问", AGE_ASK)
    talk("b", "a", "答", AGE_SAY)
    t.ask("how_many", ("{a}几岁？", "{a}今年多大？"), ("{age1}岁。",))
    t.ask("how_many", ("{b}几岁？", "{b}今年多大？"), ("{age2}岁。",))
    if one != two:
        t.ask("who", ("{a}和{b}，谁大？", "谁的年龄大一些？"), ("{b}大。",) if two > one else ("{a}大。",))


def _hobby(t: Teller, talk: Talk) -> None:
    talk("a", "b", "问", LIKE_ASK)
    same = t.chance(1, 3)
    if same:
        t.set("hobby2", t.roles["hobby1"])
    talk("b", "a", "答", LIKE_SAME if same else LIKE_OTHER)
    t.ask("what", ("{a}喜欢做什么？", "{a}的爱好是什么？"), ("{hobby1}。", "喜欢{hobby1}。"))
    t.ask("what", ("{b}喜欢做什么？", "{b}的爱好是什么？"), ("{hobby2}。", "喜欢{hobby2}。"))
