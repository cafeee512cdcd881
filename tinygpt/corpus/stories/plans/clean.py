"""收拾屋子：屋里很乱，每样东西放到该放的地方（问得出哪样放在哪里）；有时找到一样早就不见了的东西，有时两个人分着干。"""

from tinygpt.corpus.stories.lexicon import Place, Thing, beings, things
from tinygpt.corpus.stories.plans import _common as common
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "故事"
TITLES = ("大扫除", "收拾屋子", "{a}收拾{p}", "干净的{p}", "{x}放在哪里", "{a}和{b}大扫除")
SUMMARY = ("{a}和{b}收拾{p}，把{x}放到{sx:里}，把{y}放到{sy:里}。",
    "{a}收拾了{p}，{x}放在{sx:里}，{y}放在{sy:里}。")
TIDY = Verb("tidy", "tidied up with {2}", (), (), (("who", ("谁和{0}一起收拾{1}？",), ("{2}。", "是{2}。")),
    ("what", ("{0}收拾什么地方？",), ("{1}。",))))
PUT = Verb("put", "put {1} {2:at}", ("has 0 1",), ("put 1 2",), ())
DISCOVER = Verb(
    "find", "found {1}", (), ("hold 0 1",),
    (("what", ("收拾的时候，{0}找到了什么？", "{0}找到了什么？"), ("{1}。", "找到了{1}。")),
     ("where", ("{1}是在哪里找到的？", "在哪里找到了{1}？"), ("在{2}。", "在{2}找到的。"))),
)  # fmt: skip
ROOMS = tuple(Place(x, "里", f"in the {y}") for x, y in (("屋子", "room"), ("教室", "classroom"), ("房间",
    "bedroom"), ("书房", "study"), ("活动室", "common room")))
SPOTS = {
    "文具": (("抽屉", "里", "in the drawer"), ("书桌", "上", "on the desk")),
    "书": (("书架", "上", "on the bookshelf"), ("书柜", "里", "in the bookcase"), ("窗台", "上",
    "on the window-sill")),
    "玩具": (("箱子", "里", "in the box"), ("柜子", "里", "in the cupboard"), ("门后", "", "behind the door"),
    ("墙角", "", "in the corner")),
    "衣物": (("衣柜", "里", "in the wardrobe"), ("衣架", "上", "on the clothes rack")),
}  # fmt: skip
STUFF = tuple(x for x in things() if {"文具", "书", "玩具", "衣物"} & set(x.tags) and x.name not in ("梯子",
    "竹竿", "小汽车", "日记本", "绳子", "运动鞋", "雨靴",
    "画板"))
LOST = tuple(x for x in things("丢") if x.name not in ("地图", "望远镜", "相机"))
SCHOOL = ("教室", "活动室")
UNDER = ("床底下", "沙发后面", "柜子后面", "门后的角落里", "窗帘后面", "箱子后面")  # 前两处只在家里有
OPEN = (
    "{when}，{a}和{b}一起收拾{p}，因为[明天有客人来|要过节了|太乱了|很久没有打扫]。",
    "{when}，{p:里}[乱极了|到处是东西]，{a}连路都走不过去。{b}说：“[我们收拾一下吧|来，大扫除]！”",
    "“[我的{x}呢|{x}在哪里]？”{when}，{a}在{p:里}[找了半天|东找西找]。{b}说：“[太乱了，当然找不到|"
    "先收拾收拾吧]。”",
    "{when}，{b}[推开门|走进{p}]，[吓了一跳|皱起眉头]：{x}在地上，{y}也在地上。{b}叫{a}来一起收拾。",
    "快过节了，{when}，{a}和{b}[大扫除|打扫{p}]，[分工干活|说好一起干]。",
    "如果东西乱放，要用的时候就找不到。{when}，{a}要用{x}，[怎么也找不到|找得满头大汗]，就和{b}收拾{p}。",
    "{when}，{fine}，{a}说：“[今天我来收拾{p}|我们大扫除吧]。”{b}说：“<好啊>，[我帮你|一起干]。”",
    "{when}，{a}[做完作业|<杂事>以后]，看看{p}，[到处都是东西|真是太乱了]，就叫{b}一起收拾。",
    "{k}说：“{p}[该收拾了。|这么乱，怎么看书？|真乱呀！]”{when}，{a}和{b}就[干了起来|动手了]。",
    "{p:里}，{x}[掉在地上|压在书下面]，{y}[扔在一边|在椅子下面]。{when}，{a}和{b}[看不下去了|决定大扫除]。",
    "从前{a}的东西总是乱放，[什么也找不到|天天找东西]。{when}，{b}[来了|说]：“我们一起收拾{p}吧！”",
    "昨天{a}玩得太晚，{p:里}[乱成一团|什么都没收]。{when}，{a:他}和{b}[一起|赶紧]收拾。",
)
JOB = (
    "{a}[先|]扫地，{b}擦窗户，[一会儿就出汗了|两个人都不说累]。",
    "{a}扫地，{b}[提水|擦桌子]，[屋里的灰真多|扫出一大堆纸片]。",
    "{b}说：“你扫地，我[擦窗户|拖地|擦桌子]。”{a}说：“<好啊>！”",
    "先扫地，再擦[桌子|窗户|柜子]，最后[拖地|倒垃圾]，{a}和{b}[分着干|忙了半天]。",
    "{a}[踩着凳子|卷起袖子]擦[窗户|柜子顶]，{b}在下面[扶着|递抹布]，说：“[小心|慢一点]！”",
    "{b}[打来一盆水|拿来抹布]，{a}[一边擦|一边扫]一边[唱歌|数：一、二、三]，[干得很快|一点也不累]。",
)
PLACE = (
    "{a}把{x}放到{sx:里}，把{y}放到{sy:里}，[一样一样都放好了|整整齐齐的]。",
    "{x}放到{sx:里}，{y}放到{sy:里}，[再也不乱了|看着真整齐]。",
    "{a}问：“{x}放在哪里？”{b}说：“放到{sx:里}。”“{y}呢？”“放到{sy:里}。”{a}都[放好了|照着放了]。",
    "{b}教{a}：“{x}放到{sx:里}，{y}放到{sy:里}，[用完放回去，下次就好找|这样才好找]。”{a}照着做了。",
    "{a}先把{x}放到{sx:里}，再把{y}放到{sy:里}，[忙得满头大汗|然后擦干净桌子]。",
    "“{x}[归我|我来]，”{a}说着，把{x}放到{sx:里}，又把{y}放到{sy:里}，{b}[笑着看|在旁边擦桌子]。",
    "{a}[捡起|拿起]{x}，放到{sx:里}；又[捡起|拿起]{y}，放到{sy:里}。{b}说：“[好多了|真像样]！”",
    "{x}应该在{sx:里}，{y}应该在{sy:里}，{a}[记得很清楚|都放回去了]，[一点也不错|屋里一下子大了]。",
    "{a}[擦了擦|拍了拍]{x}，放到{sx:里}。[然后|接着]，{a:他}把{y}也放到{sy:里}。",
    "{a}和{b}一起，[一件一件|慢慢]把东西放好：{x}到{sx:里}，{y}到{sy:里}。",
)
THIRD = (
    "{b}[也|]把{z}放到{sz:里}，[放得好好的|又擦了擦手]。",
    "“还有{z}呢。”{b}[说着|笑着]把它放到{sz:里}。",
    "{z}[差点忘了|还在地上]，{b}把它放到{sz:里}，[这下齐了|都收好了]。",
    "{b}问：“{z}放哪里？”{a}说：“放到{sz:里}[吧|，我看行]。”{b}就放好了。",
)
SURPRISE = (
    "在{under}，{a}[忽然|]看见了{t:一色}，[叫了起来|高兴极了]：“[找到了|原来在这里]！我找了[好几天|一个月]！"
    "”",
    "{a}在{under}找到一样东西，原来是[上个月|好久以前]不见了的{t}。",
    "“[你看，这是什么|快来看]！”{a}从{under}拿出{t}，那是{k}送的，[丢了很久|以为再也找不到了]。",
    "{b}在{under}看见{t}，[问|递给{a}]：“这是不是你的？”{a}一看，[真的是|高兴得跳起来]：“[我找了好久|"
    "<谢谢你>]！”",
)
DONE = (
    "[忙了半天|干了一个钟头|干了两个钟头]，{p:里}[干干净净|又亮又整齐]，{a}和{b}[坐下来歇着|都笑了]。",
    "收拾完了，{p}[像新的一样|一下子大了]，{a}说：“[真舒服|我再也不乱放了]！”",
    "{k}进来一看，[笑了|很高兴]，说：“真干净，是谁收拾的？”{a}说：“是[我和{b}|我们]收拾的！”",
    "[地干净了|窗户亮了]，{a}[很高兴|笑了]，对{b}说：“<谢谢你>，[没有你，我干不完|我们一起干，真快]！”",
    "{b}问：“{x}在哪里？”{a}说：“在{sx:里}。”“{y}呢？”“在{sy:里}。”{b}说：“<夸>！”",
    "从那以后，{a}用完{x}，总是放回{sx:里}，[一次也没有找过|再也没有乱放]。",
    "后来，{k}带来<零食>，说：“[今天辛苦了|干得好]。”{a}和{b}[一人一半|吃得很香]。",
    "{a}看看{p}，想：“[原来收拾屋子也很有意思|东西放好了，心里也舒服]。”",
    "后来，{a}每个星期[六|天]都和{b}收拾一次，[一会儿就完了|{p}总是干干净净]。",
    "“[累不累|下次还收拾吗]？”{b}问。{a}说：“[有点累，可是很高兴|收拾，当然收拾]！”",
)


def tell(t: Teller) -> None:
    t.cast("a", "child")
    t.pair("x", STUFF, "p", ROOMS, _belongs)
    school = t.roles["p"].name in SCHOOL
    t.pick("b", beings("teacher") if school else beings("kin", "sibling"))
    if t.chance(1, 3):
        t.cast("b", "child")
    t.pick("k", [x for x in beings("teacher" if school else "kin") if x != t.roles["b"]])
    t.phrase("when", t.choose((common.WHEN_MORNING, common.WHEN_AFTERNOON)))
    t.phrase("fine", common.FINE)
    for key in "xyz":
        if key != "x":
            t.pick(key, [x for x in STUFF if _belongs(x, t.roles["p"])])
        t.set(f"s{key}", t.choose(_spots(t.roles[key])))
        t.state.hold(t.roles["b" if key == "z" else "a"], t.roles[key])
    t.scene("p", "a", "b")
    t.do(TIDY, "a", "p", "b")
    t.say(OPEN)
    t.maybe(2, 3, JOB)
    for key in "xy":
        t.do(PUT, "a", key, f"s{key}")
    t.say(PLACE)
    if t.chance(1, 2):
        t.do(PUT, "b", "z", "sz")
        t.say(THIRD)
    else:
        t.state.use_up(t.roles["z"])
    if t.chance(1, 3):
        t.pick("t", LOST)
        t.set("under", t.choose(UNDER[2:] if school else UNDER))
        t.own("a", "t")
        t.do(DISCOVER, "a", "t", "under")
        t.say(SURPRISE)
    t.say(DONE)
    t.sum_up(SUMMARY)


def _belongs(thing: Thing, room: Place) -> bool:
    return room.name not in SCHOOL or "衣物" not in thing.tags


def _spots(thing: Thing) -> tuple[Place, ...]:
    return tuple(Place(*row) for tag in SPOTS if tag in thing.tags for row in SPOTS[tag])
