"""通知：什么时候、在哪里、做什么、带什么、找谁报名。时间和地点写一次，末尾再说一次要紧的。"""

from tinygpt.corpus.stories.lexicon import Number, Place, Word, beings
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "通知"
TITLES = ("{act}通知", "关于{act}的通知", "{p}{act}", "{act}", "{day}{act}")
SUMMARY = ("{who}{day}{time}在{p:里}{hold}，找{b}报名。", "{who}{day}在{p:里}{hold}，要带{bring}。")
HOLD = Verb(
    "hold", "will hold {1} {2:at}", (), (),
    (
        ("what", ("要举行什么活动？", "通知说的是什么事？"), ("{1}。", "是{1}。")),
        ("where", ("{1}在哪里举行？", "在什么地方参加{1}？"), ("在{2:里}。",)),
    ),
)  # fmt: skip
# 活动：名字、英文、动词、要带的东西、能在哪里举行
EVENTS = (
    ("跳绳比赛", "a rope-skipping contest", "举行", ("跳绳", "水壶和毛巾", "运动鞋"), "操场 体育馆 广场"),
    ("拔河比赛", "a tug of war", "举行", ("手套", "运动鞋", "水壶"), "操场 体育馆 广场"),
    ("足球比赛", "a football match", "举行", ("球衣", "水壶", "运动鞋"), "操场 体育馆"),
    ("下棋比赛", "a chess contest", "举行", ("棋盘", "铅笔和纸"), "教室 图书馆 活动室"),
    ("画画比赛", "a drawing contest", "举行", ("彩笔", "画纸和铅笔", "画板"), "教室 公园 广场 活动室"),
    ("朗诵会", "a recital", "举行", ("朗诵的稿子", "节目单"), "礼堂 教室 图书馆 广场"),
    ("联欢会", "a party", "举行", ("水果", "小板凳"), "礼堂 教室 活动室"),
    ("家长会", "a parents' meeting", "召开", ("笔和本子", "成绩单"), "教室 礼堂"),
    ("读书会", "a reading meeting", "举行", ("一本喜欢的书", "笔和本子", "借书证"),
     "图书馆 书店 活动室 教室"),
    ("旧书交换", "a book swap", "举办", ("两本旧书", "旧画册"), "广场 图书馆 活动室 书店"),
    ("植树活动", "a tree planting", "举办", ("铲子", "手套和水桶", "水桶"), "公园 山坡 河边 校园"),
    ("打扫卫生", "a clean-up", "组织", ("扫帚", "抹布和水桶", "手套"), "公园 河边 校园 广场"),
    ("放风筝活动", "a kite day", "举办", ("风筝", "水壶和帽子"), "公园 广场 山坡 海边"),
    ("歌咏比赛", "a singing contest", "举行", ("歌本", "白衬衫"), "礼堂 广场 体育馆"),
    ("安全知识讲座", "a safety talk", "举办", ("笔和本子", "小板凳"), "礼堂 活动室 图书馆"),
    ("剪纸课", "a paper-cutting class", "开设", ("剪刀", "彩纸和剪刀"), "教室 活动室 图书馆"),
    ("象棋课", "a Chinese chess class", "开设", ("象棋", "笔和本子"), "活动室 图书馆 教室"),
    ("科技展览", "a science show", "举办", ("笔和本子", "小发明"), "礼堂 广场 图书馆"),
    ("踢毽子比赛", "a shuttlecock contest", "举行", ("毽子", "水壶和毛巾"), "操场 广场 体育馆"),
)  # fmt: skip
SITES = {
    "操场": Place("操场", "上", "on the playground"), "体育馆": Place("体育馆", "里", "in the gym"),
    "广场": Place("广场", "上", "in the square"),
    "教室": Place("教室", "里", "in the classroom"), "图书馆": Place("图书馆", "里", "in the library"),
    "礼堂": Place("礼堂", "里", "in the hall"),
    "活动室": Place("活动室", "里", "in the common room"), "公园": Place("公园", "里", "in the park"),
    "书店": Place("书店", "里", "in the bookstore"),
    "山坡": Place("山坡", "上", "on the hillside"), "河边": Place("河边", "", "by the river"),
    "校园": Place("校园", "里", "on campus"),
    "海边": Place("海边", "", "by the sea"),
}  # fmt: skip
TIMES = tuple("上午" + x for x in ("八点", "八点半", "九点", "九点半",
    "十点")) + tuple("下午" + x for x in ("两点", "两点半", "三点", "三点半", "四点"))
PUPILS = ("各位同学", "全体同学", "三年级的同学", "四年级的同学", "五年级的同学", "六年级的同学")
NEIGHBOURS = ("各位邻居", "小区居民", "小朋友们", "各位住户", "一号楼的邻居", "二号楼的邻居")
OFFICES = {
    "学生会": "the student union", "校办公室": "the school office", "教导处": "the school office",
    "少先队": "the Young Pioneers",
    "大队部": "the Young Pioneers' office", "年级组": "the teachers of the year",
    "居委会": "the neighbourhood committee",
    "物业办公室": "the caretakers", "文化站": "the culture station", "邻里中心": "the community centre",
}  # fmt: skip
SCHOOL, STREET = ("学生会", "校办公室", "少先队", "大队部", "年级组"), ("居委会", "物业办公室", "文化站",
    "邻里中心")
MONTHS = {"植树活动": (3, 4), "放风筝活动": (3, 4, 5)}  # 别的活动，不在暑假里就行
OUTDOORS = ("操场", "广场", "公园", "山坡", "河边", "校园", "海边")
HEAD = (
    "{readers}：\n{day}{time}，{who}在{p:里}{verb}{act}[，欢迎大家参加|，请大家准时参加|，希望大家都来]。",
    "{readers}：\n{who}定于{day}{time}在{p:里}{verb}{act}[，请大家准时到|，欢迎参加|]。",
    "{readers}：\n{act}定在{day}{time}，地点是{p}[，请大家互相转告|，请不要走错|，不要迟到]。",
    "{readers}：\n{who}[要|将]在{day}{time}{verb}{act}，请大家到{p}集合。",
    "{readers}：\n请[想参加|报名参加]{act}的人，{day}{time}到{p}[集合|来]。",
    "{readers}：\n[好消息|告诉大家一个好消息]！{day}{time}，{p:里}有{act}[，欢迎大家来看|，快来参加吧|]！",
    "{readers}：\n[经过商量|按照计划]，{who}{day}{time}在{p:里}{verb}{act}。",
    "{readers}：\n{day}，{who}[要|将]{verb}{act}。时间是{time}，地点在{p}。",
    "{readers}：\n[大家盼了很久的|一年一次的]{act}，[定在|就在]{day}{time}，地点是{p}。",
    "{readers}：\n{day}[没有课的|有空的]人，请{time}到{p:里}来，{who}[在那里|要]{verb}{act}。",
)
BRING = (
    "[请每人|参加的人请|请大家][带上|带好|准备]{bring}。",
    "来的时候，[请|别忘了]带{bring}。",
    "{bring}请[大家自己带|提前准备好]。",
    "请[提前|早一点|前一天]准备好{bring}。",
    "[每人|每家]要带{bring}，[没有的可以借|不够的可以两人合用|其他东西不用带]。",
    "{who}[准备了开水|准备了桌椅|有小奖品]，{bring}请[自己带|大家自带]。",
    "[别忘了|记住]带{bring}，[早到|提前][十|五|二十]分钟。",
    "[带好|拿上]{bring}，[穿轻便的衣服|穿舒服的鞋|路上注意安全]。",
)
SIGN_UP = (
    "[想参加的|要参加的]，请在{deadline}前[找{b}|到{b}那里]报名。",
    "报名[找|请找]{b}，[到{deadline}为止|{deadline}截止]。",
    "{b}负责报名，[请|]{deadline}前[告诉{b:他}|写好名字交给{b:他}|和{b:他}说一声]。",
    "[有事不能来的|来不了的]，请{deadline}前[向{b}请假|告诉{b}|对{b}说明]。",
    "[有什么问题|有不明白的地方]，[可以|请]问{b}，[报名到{deadline}|{deadline}以前都可以问]。",
    "{deadline}以前，{b}在[门口|办公室|传达室]等大家[报名|来报名]。",
    "名额是[二十|三十|四十|五十]人，[早报早得|报满为止]，报名请找{b}，{deadline}截止。",
    "[愿意帮忙的|想当志愿者的]，[也请|请]{deadline}前[找{b}|告诉{b}]。",
)
NOTE = (
    "[当天|那天]人多，请[走路来|早点出门]。",
    "请注意：是{day}{time}，[不要来晚|不要记错]。",
    "[时间不长|大约一个小时]，[中间休息一次|结束后可以合影|请不要提前走]。",
    "[有空的话|可以的话]，[也请|欢迎]家里人一起来。",
    "[结束以后|活动完了]，请[带走垃圾|把桌椅放好|收好自己的东西]。",
    "[第一名|前三名|每个人]都有[奖品|奖状|小礼物]。",
    "[参加的|来的]人[不要跑|排好队]，[听{b}安排|跟着{b}走]。",
)  # fmt: skip
RAIN = ("[如果|要是][那天|{day}]下雨，就改到[礼堂|下个星期|第二天|室内]。",
    "[遇到|碰上][下雨|大风]，{act}就[改天再办|推迟一天|取消]，[请看新的通知|{b}会告诉大家]。")
SIGN = ("\n{who}\n{date}",)


def tell(t: Teller) -> None:
    event = _event(t)
    t.set("verb", event[2])
    t.set("bring", t.choose(event[3]))
    school = t.roles["p"].name in ("操场", "教室", "礼堂", "校园") or t.chance(1, 3)
    t.set("readers", "各位家长" if event[0] == "家长会" else t.choose(PUPILS if school else NEIGHBOURS))
    month, day = t.choose(MONTHS.get(event[0], (3, 4, 5, 6, 9, 10, 11, 12))), t.choose(range(1, 22))
    t.set("date", f"{Number(month).name}月{Number(day).name}日")
    gap = t.choose(range(4, 8))
    t.set("day", f"{Number(month).name}月{Number(day + gap).name}日")
    t.set("deadline", f"{Number(month).name}月{Number(day + gap - t.choose((1, 2))).name}日")
    t.set("time", t.choose(TIMES))
    t.set("b", t.choose(beings("teacher" if school else "adult")))
    t.set("who", t.choose(("校办公室", "教导处") if event[0] == "家长会" else SCHOOL if school else STREET))
    t.set("hold", f"{event[2]}{event[0]}")
    t.set("org", Word(t.roles["who"].name, OFFICES[t.roles["who"].name]))
    t.do(HOLD, "org", "act", "p")
    t.say(HEAD, BRING, SIGN_UP)
    if t.roles["p"].name in OUTDOORS and t.chance(1, 3):
        t.say(RAIN)
    else:
        t.maybe(2, 3, NOTE)
    t.say(SIGN)
    t.ask("when", ("{act}是什么时候？", "什么时候去参加{act}？"), ("{day}{time}。",))
    t.ask("what", ("去的时候要带什么？", "参加{act}要带什么？"), ("带{bring}。", "要带{bring}。"))
    t.ask("who", ("报名找谁？",), ("找{b}。", "{b}。"))
    t.sum_up(SUMMARY)


def _event(t: Teller) -> tuple:
    """选活动和地点；留出的组合是活动 × 地点。"""
    acts = tuple(Word(e[0], e[1]) for e in EVENTS)
    by_name = {e[0]: e for e in EVENTS}
    t.pair("act", acts, "p", tuple(SITES.values()), lambda a, p: p.name in by_name[a.name][4].split())
    return by_name[t.roles["act"].name]
