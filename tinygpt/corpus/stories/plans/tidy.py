"""大扫除：家里或教室乱了，大家分工，各做各的，东西放回该放的地方；有时翻出丢了很久的东西，有时出一点小事故。"""

from tinygpt.corpus.stories.lexicon import Place, Thing, Word, places, things, words
from tinygpt.corpus.stories.plans import _common as common
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import GIVE, Verb

GENRE = "故事"
TITLES = ("大扫除", "收拾屋子", "{a}收拾{t}", "{t}放在哪里", "{a}爱干净", "{a}和{b}大扫除", "干净了")
SUMMARY = (
    "大扫除的时候，{a}{ca}，{b}{cb}，{t}{after}。",
    "{a}和{b}一起大扫除，{a}{ca}，{b}{cb}。",
)
CHORE = Verb(
    "chore", "{1}", (), (),
    (("what", ("{0}做了什么？", "{0}干的是什么活？"), ("{0}{1}。", "{1}。")),
     ("who", ("谁{1}？", "是谁{1}的？"), ("是{0}。", "{0}。"))),
)  # fmt: skip
PUT = Verb(
    "put", "put away {1:his} {2:at}", ("has 0 1",), ("put 1 2",),
    (("who", ("谁把{1}放好了？", "{1}是谁放好的？"), ("是{0}。", "{0}。")),
     ("where", ("{0}把{1}放在哪里了？", "{1}该放在哪里？"), ("放在{2:里}。", "{2:里}。"))),
)  # fmt: skip
SPOTS = (  # 放东西的地方，和放在那里的东西的标签
    (Place("书架", "上", "on the bookshelf"), ("书",)),
    (Place("书柜", "里", "in the bookcase"), ("书",)),
    (Place("抽屉", "里", "in the drawer"), ("文具",)),
    (Place("书桌", "上", "on the desk"), ("文具", "书")),
    (Place("衣柜", "里", "in the wardrobe"), ("衣物",)),
    (Place("衣架", "上", "on the coat rack"), ("衣物",)),
    (Place("玩具箱", "里", "in the toy box"), ("玩具",)),
    (Place("纸箱", "里", "in the carton"), ("玩具",)),
    (Place("储物柜", "里", "in the cupboard"), ("玩具", "工具")),
    (Place("阳台", "上", "on the balcony"), ("花", "大")),
    (Place("窗台", "上", "on the window sill"), ("花",)),
    (Place("门后", "", "behind the door"), ("大",)),
)
PLACES = tuple(p for p, _ in SPOTS)
BIG = {"梯子", "水桶", "扫帚", "铲子"}
KINDS = {"书", "文具", "衣物", "玩具", "工具", "花"}
NOT_TIDIED = ("画板", "斧头", "橡皮", "竹竿", "绳子", "篮子", "镰刀")
THINGS = tuple(x for x in things() if KINDS & set(x.tags) and x.name not in NOT_TIDIED)


def fits(thing: Thing, place: Place) -> bool:
    """东西该不该放在那里：大的放在门后、阳台上，别的按标签。"""
    tags = {"大"} if thing.name in BIG else set(thing.tags)
    return bool(tags & set(dict(SPOTS)[place]))


HOME_CHORES = (
    ("扫地", "swept the floor"), ("拖地", "mopped the floor"), ("擦窗户", "cleaned the windows"),
    ("擦桌子", "wiped the table"), ("洗碗", "washed the dishes"), ("叠被子", "folded the quilts"),
    ("倒垃圾", "took out the rubbish"), ("晒被子", "aired the quilts"), ("浇花", "watered the flowers"),
    ("整理书架", "tidied the bookshelf"), ("收拾书桌", "tidied the desk"), ("刷鞋", "brushed the shoes"),
    ("洗窗帘", "washed the curtains"), ("擦柜子", "wiped the cupboards"), ("擦椅子", "wiped the chairs"),
    ("擦镜子", "cleaned the mirror"), ("整理衣柜", "tidied the wardrobe"), ("擦灯", "dusted the lamps"),
    ("扫阳台", "swept the balcony"), ("刷水池", "scrubbed the sink"), ("扫楼梯", "swept the stairs"),
    ("洗床单", "washed the sheets"), ("收拾玩具", "put the toys away"), ("擦门", "wiped the doors"),
)  # fmt: skip
CLASS_CHORES = (
    ("扫地", "swept the floor"), ("拖地", "mopped the floor"), ("擦黑板", "cleaned the blackboard"),
    ("擦桌子", "wiped the desks"), ("擦窗户", "cleaned the windows"), ("擦门", "wiped the door"),
    ("摆桌椅", "straightened the desks and chairs"), ("倒垃圾", "took out the rubbish"),
    ("整理图书角", "tidied the book corner"), ("擦讲台", "wiped the platform"),
    ("数粉笔", "counted the chalk"),
    ("洗抹布", "washed the rags"), ("扫走廊", "swept the corridor"), ("擦窗台", "wiped the window sills"),
    ("整理柜子", "tidied the cupboard"), ("擦椅子", "wiped the chairs"), ("洗拖把", "washed the mop"),
)  # fmt: skip
HOME = next(p for p in places() if p.name == "家")

OPEN = (
    "{when}，{k}[说|对大家说]：“[家里太乱了|快过年了|明天有客人来|今天天气好]，我们来大扫除吧！”",
    "{when}，{a}[推开门一看|起床一看|回到家一看]，{m1}，{m2}。{a:他}想：“[该收拾了|真乱啊|今天要大扫除了]。”",
    "[快过年了|要过节了|<朋友>要来做客|春天来了]，家里{m1}，{m2}。{when}，{k}叫大家一起大扫除。",
    "“{a}，[你看看|你瞧]，{m1}！”{when}，{k}说，“[今天我们大扫除吧|快来收拾一下吧]。”",
    "如果{m1}，{m2}，[你会怎么办|该怎么办]？{when}，{a}家就是这样。{k}说：“大扫除！”",
    "{a}[不爱|不太爱]收拾东西：{m1}，{m2}。{when}，{k}[说|笑着说]：“[大家动手吧|一起来收拾吧]。”",
    "{when}，{fine}。{k}打开[窗户|门]，[挽起袖子|系上围裙]，说：“[来，大扫除|今天大扫除]！”",
    "{when}，{k}正在[找扫帚|打水|洗抹布]，{a}和{b}[走过来|跑过来]。{a}问：“{k}，[要我帮忙吗|我能做什么]？”“[太好了|"
    "好啊]，"
    "[今天大扫除|一起收拾屋子]。”{k}说。",
    "妹妹说：“{m1}。”弟弟说：“{m2}。”{when}，{k}就叫[大家|全家人]一起打扫。",
    "{when}，因为{m1}，{m2}，{a}[好不容易才|找了半天才]找到书包。{k}说：“[该大扫除了|先把屋子收拾好吧]。”",
    "放假了，{m1}，{m2}。{when}，{a}对{k}说：“[我们大扫除吧|我来收拾屋子]！”",
    "{when}，{k}[一回来|从外地回来]，看见{m1}，[就|便]说：“{a}，{b}，[我们来大扫除|快来收拾]！”",
)
DIVIDE = (
    "{k}[分工|安排]：{a}{ca}，{b}{cb}，{k}自己{ck}。",
    "{a}说：“我{ca}。”{b}说：“[那我|我来]{cb}。”{k}[笑了，说|点点头]：“[剩下的归我|好]，我{ck}。”",
    "{k}问：“[谁{ca}|谁来{ca}]？”“我！”{a}说。{b}[要|选了]{cb}，{k}去{ck}。",
    "{a+b:他们}[商量好了|分了工]：{a}先{ca}，{b}{cb}，{k}{ck}，[最后再一起收拾东西|谁也不闲着]。",
    "{k}{ck}，{a}{ca}，{b}{cb}，[各做各的|人人都有活干|大家忙个不停]。",
    "“{a}{ca}，{b}{cb}，[好不好|行吗]？”{k}问。“[好|没问题]！”{a+b:他们}[一起回答|说]。{k}去{ck}。",
    "{b}[抢着|想]{cb}，{a}就去{ca}，{k}[一边唱歌一边|高高兴兴地]{ck}。",
    "{b}想{cb}，因为[上次没轮到|{b:他}做得最好|从来没有做过]。{a}{ca}，{k}呢，{ck}。",
    "{a}[最喜欢|愿意]{ca}，{b}[最喜欢|愿意]{cb}，{k}[只好|就]去{ck}。",
    "{k}说：“先{ck}，[再|然后]{ca}，[最后|再]{cb}。”{a}和{b}[挽起袖子|戴上帽子|马上]动手。"
    "{a}{ca}，{b}{cb}。",
)
WORK = (
    "{a}[做得|干得][<很>认真|<很>快|满头大汗]，[一会儿也没停|一点也不怕脏|唱着歌干活]。",
    "{b}[一边干活一边|边干边][唱歌|哼歌]，[一点也不觉得累|{a}也跟着唱起来|歌声<很>好听]。",
    "{a}在[柜子后面|墙角|窗台下面]看见{o1}，还有{o2}，[都收了起来|都放进了盒子里]。",
    "“[看|快看]，我找到{o1}！”{b}[叫|喊]起来。{a}[跑来一看|也说]：“我[这边|这里]有{o2}。”",
    "[水换了三次|抹布洗了又洗|扫帚一刻也没停]，{a}和{b}的脸上[都是灰|都是汗]，[像两只小花猫|你看我，"
    "我看你，笑了]。",
    "{a}累了，[喝了一口水|坐了一会儿]，看见{b}还在{cb}，[又干起来|连忙站起来接着干]。",
    "{b}{cb}，[比{a}慢一些，可是做得更细|比{a}还快，{k}夸{b:他}能干|做得比谁都细]。",
    "[不一会儿|过了一个钟头]，{a}的活[干完了|做好了]，{a:他}就去帮{b}{cb}。",
    "柜子里有{o1}、{o2}和{o3}，{k}[看了很久|想起了从前的事|一样也舍不得扔]。",
)
SLIP = (
    "[一不小心|没想到]，{a}[碰倒了|踢翻了]水桶，水[流了一地|一直流到门口]。“对不起！”{a}说。"
    "{k}说：“[没关系|别急]，[擦干就好|正好拖地]。”",
    "{b}[碰掉了|打破了]一个杯子，[吓得<着急>|红着脸说了声“对不起”]。{k}说：“[没伤着手就好|"
    "下次小心一点]。”",
    "{a}[打了三个喷嚏|被灰呛得直咳嗽]，{b}[笑了|递过来一块手帕]，说：“[戴上口罩吧|洒点水再扫吧]。”",
    "[小猫|小狗|弟弟]跑来，在刚擦好的地板上印了几个[黑黑的|湿湿的|]脚印。{a}又擦了一遍。",
)
AWAY = (
    "{a}[看见|拿起]{t:一色}，问：“{t:这}[放哪里|该放在哪里]？”{k}说：“放在{p:里}。”{a}就把{t}放到{p:里}。",
    "[最后|干完活]，{a}拿起{t:一色}，放到{p:里}，[以后就好找了|这下整齐了]。",
    "{t:一色}[掉在地上|掉在墙角]，{a}[捡起来|捡了起来]，放到{p:里}。",
    "“{t:这}是{a}的，[放好|收好]吧。”{b}说。{a}把{t}[放在|收到]{p:里}。",
    "{k}说：“[东西要有地方放|用完要放回原处]。”{a}点点头，把{t:一色}放到{p:里}。",
    "{a}先把{t}上的灰擦掉，[再|然后]放到{p:里}，[看了看，很满意|这下整齐了]。",
    "{a}想了想，{t:一色}[放在{p:里}最合适|还是放在{p:里}好]，[{b}也说好|就放好了]。",
    "“我的{t}呢？”{a}问。{b}说：“[在门口|在椅子上]。”{a}去拿来，[放在|收到]{p:里}。",
)
AWAY_TOO = (
    "{b}也把{u:一色}[放到|收到]{q:里}。",
    "还有{u:一色}，{b}[放在|收到]{q:里}了。",
    "“{u}该放在{q:里}。”{b}说着，[就|走过去]把{u}放好了。",
    "{b}[拿着|捡起]{u:一色}，[想了一会儿|问过{k}]，放到{q:里}。",
    "{b}把{u:一色}和{o1}放到{q:里}，[又整齐又好看|这才放心]。",
    "“{b}，你的{u}[呢|放在哪里了]？”{a}问。“在{q:里}。”{b}说。",
    "{k}[指着|看见]{u:一色}，问：“[这是|这也是]{b}的吗？”{b}[笑了|<马上>]，把{u}放到{q:里}。",
    "{b}也有{u:一色}，[以前到处乱放|以前总是找不到]，这回放到{q:里}。",
)
FOUND = (
    "[扫到床底下|搬开柜子|挪开沙发]，{a}看见{t:一色}。“[这不是{b}的吗|原来{b}的{t}在这里]！"
    "”{a:他}把{t}交给{b!}。",
    "{a}在[柜子后面|门后面|旧纸箱里]找到{o1}，还有{t:一色}，[正是|就是]{b}[丢了半年|找了好久]的那{t:量}。"
    "{a}[擦干净|跑过去]，交给{b!}。",
    "“{b}，这是你的{t}吗？”{a}从[沙发底下|柜子后面]拿出{t:一色}。“[是我的|就是它]！”{b}接过{t}，"
    "[高兴得跳起来。|<笑着说>：“<谢谢你>！”]",
    "{b}[去年|上个月]丢了{t:一色}，[以为再也找不到了|家里都找遍了]。今天{a}[扫地时|搬箱子时]找到了，"
    "还给了{b!}。",
    "{a}[忽然叫起来|喊]：“[快看|你们看]，{t:一色}！”{b}一看，是自己的。{a}<马上>把{t}递给{b!}。",
)
END = (
    "[两个钟头|一个钟头]过去了，{e1}，{e2}。{k}说：“{a}和{b}<夸>！”",
    "{e1}，{e2}。{a}[看了又看|坐下来]，心里<很><高兴>。",
    "屋子干净了：{e1}，{e2}。{k}[端来<水果>|做了<家常菜>]，[大家吃得<很>香|请大家吃]。",
    "“[真干净|真舒服]啊！”{b}说。{e1}，{e2}，{a}[也笑了|看了又看]。",
    "[干完了|忙完了]，{a}和{b}[洗洗手|洗了脸]，吃着<点心>，[看着干净的屋子|坐在干净的屋子里]，<很><高兴>。",
    "晚上，{a}躺在床上想：“[以后|从明天起]，我[每天收拾一点|用完东西就放好|每天帮{k}<家务>]。”",
    "[第二天|下午]，<朋友>来玩，看见{e1}，说：“你家<很>干净！”{a}和{b}都笑了。",
    "{a}[累得坐在地上|出了一身汗]，[可是|但]<很><高兴>，因为{e1}，{e2}。",
    "{k}[做了<家常菜>|买来<点心>]，说：“[辛苦了|谢谢你们]，{a}、{b}！”",
    "{e1}。{a}问{k}：“[下次什么时候大扫除|明天还打扫吗]？”{k}笑了：“[下个星期|你这么喜欢干活呀]。”",
)
CLASS_OPEN = (
    "{when}，{k}说：“[今天|现在]大扫除，[大家一起动手|一个人也不能少]！”[同学们|大家]都说好。",
    "{when}，轮到{a}和{b}值日。教室里[都是纸屑|桌椅乱七八糟|黑板没有擦]，{k}也来[看看|帮忙]。",
    "{a}和{b}是[同桌|一个小组的]。{when}，{a+b:他们}留下来[值日|打扫教室]，{k}也来了。",
    "{when}，因为[明天要开家长会|明天有客人来听课|要过六一了]，{k}带着{a}和{b}打扫教室。",
    "{when}，教室的地上[有很多纸屑|都是土|有水]，{a}对{b}说：“[我们来打扫吧|扫一扫吧]。”{k}[听见了，"
    "也来帮忙|也来了]。",
    "[下课铃响了|下课了]，[别人都走了|大家都回家了]，{a}和{b}留下来值日，{k}[陪着{a+b:他们}|也留下来]。",
    "“今天谁值日？”{when}，{k}问。“[是我|我]和{b}。”{a}说。",
    "{when}，{a}[拿着扫帚|提着水桶]走进教室，{b}[已经到了|跟在后面]，{k}也[来了|在]。",
)
CLASS_END = (
    "教室[干净了|变了样]，{k}说：“[谢谢你们|辛苦了]，{a}、{b}！”",
    "[半个钟头|不到一个钟头]，就都做完了。{a}和{b}[背上书包|洗了手]，<走着>回家了。",
    "{k}[看了一圈|走了一圈]，说：“[很干净|比上次还干净]，你们<夸>！”{a}和{b}<很><高兴>。",
    "“[终于做完了|好了]！”{b}说。{a}关好[窗户|门]，[对{k}说了声“再见”|和{b}一起走了]。",
    "第二天早上，同学们[走进教室|来上学]，都说：“[真干净|好亮啊]！”{a}和{b}[笑了|高兴极了]。",
    "{a}和{b}[累了|出了汗]，[可是|但]看着干净的教室，心里<很><高兴>。{a+b:他们}<走着>回家了。",
    "回家的路上，{a}说：“[下次我{cb}|下次我们换一换]。”{b}说：“[好，那我{ca}|<好啊>]。”",
    "{k}在本子上[记下|写下]：{a}{ca}，{b}{cb}，[都做得很好|都很认真]。",
)
CLASS_THINGS = tuple(x for x in THINGS if {"书", "文具"} & set(x.tags))


def tell(t: Teller) -> None:
    school = t.chance(1, 3)
    t.cast("a", "child")
    t.cast("b", *(("child",) if school or t.chance(1, 2) else ("sibling",)))
    t.cast("k", *(("teacher",) if school else ("kin",)))
    spots = tuple(p for p in PLACES if p.name in ("书架", "书柜", "抽屉", "储物柜")) if school else PLACES
    t.pair("t", CLASS_THINGS if school else THINGS, "p", spots, fits)
    chores = t.chooser.sample(CLASS_CHORES if school else HOME_CHORES, 3)
    for key, chore in zip(("ca", "cb", "ck"), chores, strict=True):
        t.set(key, Word(*chore))
    for key, name in (("m", "乱"), ("o", "旧物"), ("e", "净")):
        for i, word in enumerate(t.chooser.sample(words()[name], 3 if key == "o" else 2), 1):
            t.set(f"{key}{i}", word)
    t.phrase("when", common.WHEN_AFTERNOON if school else common.WHEN_MORNING)
    t.phrase("fine", common.FINE)
    t.set("h", HOME)
    t.scene("h", "a", "b", "k")
    t.own("a", "t")
    t.say(CLASS_OPEN if school else OPEN, DIVIDE)
    t.do(CHORE, "a", "ca")
    t.do(CHORE, "b", "cb")
    t.do(CHORE, "k", "ck")
    t.say(WORK)
    t.maybe(1, 4, SLIP)
    if not school and t.chance(1, 3):
        t.state.own(t.roles["b"], t.roles["t"])
        t.do(GIVE, "a", "t", "b")
        t.say(FOUND)
        t.set("after", "找到了，给了" + t.roles["b"].name)
    else:
        t.do(PUT, "a", "t", "p")
        t.say(AWAY)
        t.set("after", f"放到了{t.roles['p'].name}{t.roles['p'].suffix}")
    if t.chance(1, 2):
        _put_too(t, spots, CLASS_THINGS if school else THINGS)
    t.say(CLASS_END if school else END)
    t.sum_up(SUMMARY)


def _put_too(t: Teller, spots: tuple[Place, ...], goods: tuple[Thing, ...]) -> None:
    """另一个人也把一样东西放好，放在别的地方。"""
    rest = [x for x in goods if x.name != t.roles["t"].name]
    q = t.pick("q", [q for q in spots if any(fits(x, q) for x in rest)])
    t.pick("u", [x for x in rest if fits(x, q)])
    t.own("b", "u")
    t.do(PUT, "b", "u", "q")
    t.say(AWAY_TOO)
