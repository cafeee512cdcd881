"""打招呼：熟人路上遇见，早上好、您去哪儿、替我问好、再见。"""

from tinygpt.corpus.stories.lexicon import Place, Word
from tinygpt.corpus.stories.plans._talk import Talk, ask_told
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import Verb

GENRE = "对话"
TITLES = ("打招呼", "{a}和{b}", "{place:里}的问候", "{a}遇到{b}", "遇到{b}", "{b}，您好", "去哪儿")
SUMMARY = ("{a}在{place:里}遇到{b}，{result}。", "{a}和{b}在{place:里}见面，{result}。")
GREET = Verb(
    "greet", "said hello to {1} {2:at}", ("is_at 0 2", "is_at 1 2"), (),
    (("who", ("{0}跟谁打招呼？", "{0}遇到了谁？"), ("是{1}。", "{1}。")),),
)  # fmt: skip
# 熟人：时候 → 问候、大人去做什么、孩子去做什么
TIMES = {
    "早上": (("早上好", "早"), ("去买菜", "去上班", "去公园锻炼", "去跑步", "去买早点", "去散步",
        "去打太极拳", "去医院看朋友"),
             ("去上学", "去跑步", "去买豆浆", "去喂小鸟", "去浇花", "去买牛奶")),
    "下午": (("下午好", "您好"), ("去银行", "去看朋友", "去取包裹", "去还书", "去买水果", "去接孩子",
        "去寄信", "去理发"),
             ("去踢足球", "去游泳", "去同学家", "去上画画课", "去借书", "去买本子")),
    "傍晚": (("晚上好", "您好"), ("回家做饭", "去散步", "去超市", "去跳舞", "去接孩子", "去买牛奶", "去遛狗",
        "去看电影"),
             ("回家吃饭", "去扔垃圾", "去找{k}", "去还书", "去看电影", "去买酱油")),
}  # fmt: skip
SPOTS = (Place("楼下", "", "downstairs"), Place("路口", "", "at the crossing"), Place("路", "上",
    "on the road"), Place("小区门口", "", "at the gate"),
         Place("公园", "里", "in the park"), Place("车站", "", "at the station"), Place("桥", "上",
             "on the bridge"), Place("楼道", "里", "in the hallway"))  # fmt: skip
MEET_OPEN = (
    "{when}，{a}在{place:里}[遇到|碰到|碰见|看见]{b}。",
    "[今天|昨天|前天|星期<周>]{when}，{b}[正好|刚好]在{place:里}遇到{a}。",
    "{when}，{a}[背着书包|提着袋子|拿着水壶|一个人]走到{place:里}，看见了{b}。",
    "{when}，在{place:里}，有人[叫|喊]：“{a}！”{a}[回头一看|转过身]，是{b}。",
    "{when}，{b}正在{place:里}[等人|打电话|看手机|和人说话]，{a}走了过来。",
    "{a}[每天|常常|总是]在{place:里}遇到{b}，[今天|昨天]{when}又遇到了。",
    "[天气很好|雨停了|太阳很好|天气晴朗]。{when}，{a}在{place:里}遇到{b}。",
    "[今天|昨天|春天的一天|有一天]{when}，{a}在{place:里}看见了{b}。",
    "{k}说，见了人要问好。{when}，{a}在{place:里}遇到了{b}。",
    "{a}[出门早|没有坐车|吃过饭下楼]。{when}，{a:他}在{place:里}[遇到|碰见]了{b}。",
)
KNOWN_HELLO = (
    "{b}，{hi}！[今天天气真好|见到您真高兴]。",
    "{b}，{hi}！",
    "{hi}，{b}！[今天天气真好|见到您真高兴]。",
)
HEALTH = ("{hi}，{b}！[您身体好吗|您最近好吗]？",
    "{b}{hi}！[您身体怎么样|您近来好吗|家里都好吗]？")
HEALTH_SAY = ("很好，谢谢{a}。", "[都好|很好|挺好的]，你真[有礼貌|懂事]，{a}。",
    "{a}好！我[很好|挺好的]，谢谢你。", "还不错，谢谢你，{a}。")
KNOWN_BACK = ("{a}，你好！[长高了|真有礼貌|又长高了]！", "{a}好！[看见你真高兴|又长高了]。",
    "哎，{a}！[你也好|你好你好]。", "是{a}啊，[你好|你也好]！")
EATEN = ("你好，{a}！[吃了吗|吃过饭了吗]？", "{a}好！[吃饭了没有|吃过了吗]？", "是{a}啊，你好！吃过了吗？")
EATEN_SAY = ("[吃了|吃过了|刚吃过]。", "[吃了|吃过了]，谢谢您。", "[还没有呢|还没吃]。")
GO_ASK = ("{b}，您[去哪儿呀|要去哪里|去做什么]？", "您[这是|]去[哪儿|哪里]？", "您[这是|]上哪儿去，{b}？",
    "{b}，您[这是|]去做什么？", "您要去哪儿，{b}？")
GO_SAY = ("我{go}。你呢，{a}？", "我[要|正要]{go}，[你去哪儿|你做什么去|你呢]？",
    "我[啊，|]{go}。{a}，你去哪儿？", "我正要{go}。[你要去哪儿|你出来做什么]？",
    "{go}。[你呢|你去哪里]，{a}？")
BACK_SAY = ("我{go2}。", "我[要|正要]{go2}。", "我{go2}，{b}。", "我正要{go2}呢[，{b}|]。")
BYE = ("路上[小心|慢一点]，{a}。<再见>！", "[那你快去吧|快去吧]，{a}，<再见>！",
    "[{a}，|]有空[来玩|到家里坐坐]！再见！", "那我走了，[{a}，|]<再见>！", "好，{a}，<再见>！")
BYE2 = ("{b}，再见！", "再见，{b}！您[慢走|路上小心]。", "[好的|好|嗯]！{b}再见！",
    "{b}再见，[您慢走|明天见]！", "再见！您[慢走|路上小心]。")
REGARDS = ("[代我问{k}好|问{k}好]！[{a}，|]再见！", "[好，|]替我问{k}好。[{a}，|]再见！")
REGARDS2 = ("[谢谢|好]，我[一定告诉|会告诉]{k}的。{b}，再见！", "[好的|好]，谢谢{b}！再见！",
    "[好，|]我[回家|回去]就告诉{k}。再见！")
KNOWN_END = (
    "{b}[笑着走了|向{a}挥挥手]，{a}也走了。",
    "两个人[笑着|高高兴兴地]分开了。",
    "{b}心里想：“{a}真[有礼貌|懂事]。”",
    "{a}[看着{b}走远|等{b}走了]，才{go2}。",
    "{b}{go}，{a}{go2}，[两个人都<很><高兴>|分手的时候还在笑]。",
    "{a}[问了好|和{b}说了话]，心里[暖暖的|<很><高兴>]。",
)


def tell(t: Teller) -> None:
    t.cast("a", "child")
    t.cast("k", "kin")
    talk = Talk(t, t.chance(2, 5))
    when = t.choose(tuple(TIMES))
    t.set("when", when)
    hellos, goes, goes2 = TIMES[when]
    b = t.cast("b", "elder", "adult", "teacher")
    t.set("hi", t.choose(hellos))
    manner = t.choose(("好", "身体", "吃饭"))
    t.pair("go", tuple(Word(g) for g in goes if g != "去上班" or b.kind != "elder"), "place", SPOTS,
           lambda go, place: place.name not in go.name)  # fmt: skip
    t.phrase("go2",
        tuple(g for g in goes2 if g != t.roles["go"].name and (manner != "吃饭" or "吃饭" not in g)))
    t.scene("place", "a", "b")
    t.do(GREET, "a", "b", "place")
    talk.tell(MEET_OPEN)
    talk("a", "b", "说", HEALTH if manner == "身体" else KNOWN_HELLO)
    talk("b", "a", "说", {"好": KNOWN_BACK, "身体": HEALTH_SAY, "吃饭": EATEN}[manner], bare=True)
    talk("a", "b", "问", *((EATEN_SAY,) if manner == "吃饭" else ()), GO_ASK)
    talk("b", "a", "答", GO_SAY)
    talk("a", "b", "答", BACK_SAY)
    regards = t.chance(1, 4) and not t.told("k")
    talk("b", "a", "说", REGARDS if regards else BYE)
    talk("a", "b", "说", REGARDS2 if regards else BYE2, bare=True)
    if t.chance(1, 2):
        talk.tell(KNOWN_END)
    talk.close()
    t.set("result", "互相问好")
    t.sum_up(SUMMARY)
    t.ask("where", ("{a}和{b}在哪里见面？", "{a}在哪里遇到{b}？"), ("在{place:里}。",))
    t.ask("what", ("{b}要做什么？", "{b}要去做什么？"), ("{b:他}要{go}。", "{go}。"))
    t.ask("what", ("{a}要做什么？", "{a}要去做什么？"), ("{a:他}要{go2}。", "{go2}。"))
    ask_told(t, "when", "when", ("{a}是什么时候遇到{b}的？",), ("{when}。",))
