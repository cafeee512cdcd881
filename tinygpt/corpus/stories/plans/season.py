"""季节：春夏秋冬里天怎样、花草怎样、鸟虫怎样，人们做什么、吃什么；两个孩子各做一件事。短文。"""

from dataclasses import dataclass

from tinygpt.corpus.stories.lexicon import Place, Word
from tinygpt.corpus.stories.teller import Teller
from tinygpt.corpus.stories.verbs import ACT, Verb

GENRE = "短文"
TITLES = ("{season}", "{season}来了", "{p:里}的{season}", "{a}的{season}", "{season}的{p}", "我爱{season}",
    "{a}和{b}的{season}")
SUMMARY = ("{season}到了，{a}{act1}，{b}{act2}。", "短文写的是{p:里}的{season}，{a}{act1}，{b}{act2}。")
COME = Verb("come", "came", (), (), (("what", ("短文写的是哪个季节？", "这是什么季节？"), ("{0}。",
    "是{0}。")),))
SITES = (
    Place("小镇", "上", "in the town"), Place("村子", "里", "in the village"), Place("公园", "里",
        "in the park"), Place("校园", "里", "on campus"),
    Place("河边", "", "by the river"), Place("山脚下", "", "at the foot of the hill"), Place("小区", "里",
        "in the neighbourhood"), Place("院子", "里", "in the yard"),
)  # fmt: skip


@dataclass(frozen=True)
class Season:
    """一个季节：怎样来的、天、花草、鸟虫、吃的、孩子们能做的事（中英文）。"""

    name: str
    english: str
    come: tuple[str, ...]
    sky: tuple[str, ...]
    plant: tuple[str, ...]
    animal: tuple[str, ...]
    food: tuple[str, ...]
    acts: dict[str, str]


SEASONS = (
    Season(
        "春天", "Spring",
        ("冰[化了|都化成了水]", "[一夜小雨|一阵暖风]以后", "[棉衣脱了|毛衣也穿不住了]",
         "燕子[一来|飞回来了]"),
        ("天[一天比一天|慢慢]暖和了，[风也软了|早晨不冷了|太阳照在身上很舒服]。",
         "小雨[细细的|下下停停]，[落在脸上凉凉的|像细细的线|打湿了石板路]。",
         "风[不大不小|从南边吹来]，[正好放风筝|带着泥土的香味]。",
         "早上有一点雾，[太阳出来就散了|远处的房子看不清]。"),
        ("[柳树|杨树]发芽了，[桃花|迎春花|杏花]也开了，[一朵挨着一朵|好看极了]。",
         "草[从土里钻出来|绿了]，[嫩嫩的|远看一片绿]，[踩上去软软的|像铺了一块地毯]。",
         "{p:里}的[桃树|梨树|玉兰]开花了，[满树都是|香得很远]。",
         "[菜地里|墙根下|路边]，[小苗长高了|野花开了|韭菜可以割了]。"),
        ("[燕子|小鸟]飞回来了，[在屋檐下做窝|一早就唱歌]。",
         "[蜜蜂|蝴蝶]在花上飞，[一会儿落下，一会儿飞起|忙个不停]。",
         "青蛙[醒了|从泥里出来了]，[在水边叫|小蝌蚪也在水里游]。",
         "小鸡[出壳了|跟着母鸡跑]，[叽叽叽地叫|黄黄的，像小绒球]。"),
        ("[荠菜饺子|香椿炒鸡蛋|春饼|青团]上了桌，[又香又嫩|大家都爱吃]。",
         "家家吃[春卷|韭菜盒子|艾糕]，[孩子们吃得最多|满屋都是香味]。"),
        {"放风筝": "flew a kite", "种豆角": "planted beans", "挖荠菜": "dug shepherd's purse",
            "画桃花": "drew peach blossoms", "给小树浇水": "watered the young trees",
            "看蝌蚪": "watched tadpoles", "学骑车": "learned to ride a bike", "采野花": "picked wild flowers",
            "喂小鸡": "fed the chicks", "折柳枝做笛子": "made a whistle from a willow twig"},
    ),
    Season(
        "夏天", "Summer",
        ("知了[一叫|叫起来了]", "[西瓜上市了|学校放假了]", "天[热起来了|一下子就热了]",
         "[裙子和凉鞋都拿出来了|扇子又拿出来了]"),
        ("太阳[像火一样|晒得地上发烫]，[中午街上没有人|大家都躲在树下]。",
         "[下午|午后]常常下大雨，[雨一停就出彩虹|来得快，去得也快|打雷声很响]。",
         "晚上[凉快一些|有一点风]，[满天都是星星|大家搬出椅子乘凉|月亮又圆又亮]。",
         "天[很早就亮了|亮得早，黑得晚]，[五点钟太阳就出来了|吃过晚饭还能玩很久]。"),
        ("荷花开了，[叶子像大圆盘，水珠在上面滚|粉红的，白的，香味飘得很远]。",
         "树叶[又密又绿|绿得发亮]，[像一把大伞|树下一片阴凉]。",
         "[菜园里|架子上]挂着[黄瓜|豆角|西红柿]，[天天摘也摘不完|早上还带着露水]。",
         "{p:里}的[石榴|月季|向日葵]开得正好，[好看极了|一朵比一朵大]。"),
        ("知了[从早叫到晚|躲在树上叫]，[越热叫得越响|谁也找不到它]。",
         "蜻蜓[飞得低低的，要下雨了|停在草尖上，一伸手就飞走]。",
         "晚上，萤火虫[在草里飞|一闪一闪]，[像小灯笼|像会走路的星星]。",
         "[小狗|小猫]热得[伸出舌头|躺在门口]，[一动也不动|找到阴凉就睡]。"),
        ("[西瓜|绿豆汤|冰棍|凉面]最好吃，[吃一口就不热了|孩子们一天要吃几回]。",
         "家家[煮绿豆汤|切西瓜|做凉粉]，[吃了真凉快|请邻居也来吃]。"),
        {"学游泳": "learned to swim", "捉知了": "caught cicadas", "吃西瓜": "ate watermelon",
            "数星星": "counted stars", "捞小鱼": "caught little fish", "看荷花": "looked at the lotus",
            "下棋": "played chess under a tree", "摘西红柿": "picked tomatoes", "打水仗": "had a water fight",
            "给爷爷扇扇子": "fanned Grandpa"},
    ),
    Season(
        "秋天", "Autumn",
        ("[一场雨|一阵风]以后", "[早晚凉了|要穿长袖了]", "大雁[往南飞|排着队飞走了]", "[开学了|月饼上市了]"),
        ("天[又高又蓝|蓝得像水]，[云很少|白云慢慢地走]，[不冷也不热|晒着太阳最舒服]。",
         "风[凉凉的|一天比一天凉]，[吹落了树叶|吹在脸上很舒服]。",
         "早上[有霜，草尖白白的|有露水，走一走，鞋就湿了]。",
         "月亮[又圆又亮|挂在树梢]，[院子里像白天一样|大家坐着看月亮]。"),
        ("树叶[黄了|红了]，[一片一片落下来|铺了一地|踩上去沙沙响]。",
         "[桂花|菊花]开了，[一朵一朵的|到处都是]，[香得很远|人人都要停下来闻一闻]。",
         "[苹果|柿子|梨]熟了，[压弯了树枝|挂满了树枝]，[一伸手就能摘到|摘了一筐又一筐]。",
         "田里的[稻子|玉米|高粱]熟了，[一片金黄|风一吹，像波浪]。"),
        ("松鼠[忙着藏松果|在树上跑来跑去]，[准备过冬|嘴里塞得满满的]。",
         "大雁[排成“人”字|一队一队]往南飞，[孩子们抬头看|叫声很远就听得见]。",
         "蟋蟀[在墙角叫|夜里唱歌]，[天越凉，叫得越轻|叫得人想睡觉]。",
         "蚂蚁[排着队|来来往往]，[把吃的搬回家|一刻也不停]。"),
        ("[月饼|栗子|红薯]正是时候，[又甜又香|大家围着吃]。",
         "家家[晒玉米|煮花生|腌白菜|吃月饼]，[院子里满满的|忙得很高兴]。"),
        {"捡落叶": "gathered fallen leaves", "摘苹果": "picked apples", "爬山": "climbed the hill",
            "收玉米": "harvested corn", "做树叶画": "made leaf pictures", "看大雁": "watched wild geese",
            "剥花生": "shelled peanuts", "看月亮": "watched the moon", "扫院子": "swept the yard",
            "捡栗子": "gathered chestnuts"},
    ),
    Season(
        "冬天", "Winter",
        ("北风[一吹|刮起来了]", "[第一场雪|一夜大雪]以后", "[棉衣穿上了|手套和帽子都戴上了]",
         "河水[冻住了|结冰了]"),
        ("雪[下了一夜|一片一片落下来]，[屋顶白了，路也白了|到处白茫茫的]，[一点声音也没有|踩上去咯吱咯吱响]。",
         "北风[呼呼地刮|从门缝里钻进来]，[耳朵冻得通红|人人都缩着脖子]。",
         "太阳[出来得晚，回去得早|看着很亮，可是不暖]，[下午五点天就黑了|老人坐在墙边晒太阳]。",
         "窗子上结了冰花，[像树，又像羽毛|用手一摸就化了]。"),
        ("树[光秃秃的|没有一片叶子]，[枝上挂着雪|像画出来的一样]。",
         "只有松树[还是绿的|不怕冷]，[上面盖着雪|站得直直的]。",
         "腊梅开了，[黄黄的，小小的|雪里也开]，[香味淡淡的|走近了才闻到]。",
         "{p:里}的[水池|小湖]结了冰，[像一面镜子|小孩子在边上看]。"),
        ("麻雀[在雪地上找吃的|挤在一起]，[有人撒了一把米|叽叽喳喳地叫]。",
         "小猫[整天睡在火炉边|不肯出门]，[身子缩成一团|叫它也不动]。",
         "小狗[在雪里跑|第一次看见雪]，[留下一串脚印|高兴得打滚]。",
         "[乌龟|刺猬]睡着了，[要到春天才醒|一点也不知道下雪]。"),
        ("[火锅|饺子|烤红薯]最好吃，[一吃全身都暖和|吃得头上冒汗]。",
         "家家[包饺子|熬腊八粥|炖萝卜]，[屋里热气腾腾|窗子上全是水汽]。"),
        {"堆雪人": "built a snowman", "打雪仗": "had a snowball fight", "扫雪": "cleared the snow",
            "贴窗花": "put up paper-cuts", "滑冰": "skated", "喂麻雀": "fed the sparrows",
            "写春联": "wrote New Year couplets", "织手套": "knitted gloves",
            "给奶奶送热水": "took hot water to Grandma", "看画册": "read by the stove"},
    ),
)  # fmt: skip
OPEN = (
    "{come}，{season}来了。", "{come}，{season}来到了{p}。",
        "{season}来了，{p:里}[换了样子|和以前不一样了]。", "{season}的{p}最[好看|热闹|有意思]。",
        "[你喜欢|你最喜欢]{season}吗？{a}最喜欢{p:里}的{season}。",
        "{a}[盼着|等着]{season}，{come}，{season}[终于|总算]来了。",
    "“{season}来了！”{a}[推开窗子|跑出门]，[高兴地叫|喊{b}来看]。",
        "如果你{season}来到{p}，[一定会喜欢这里|会看到许多好看的东西]。",
        "一年里，{a}[最喜欢|最爱]{season}，因为{season}[可以{act1}|好玩的事最多]。",
        "今天，{a}和{b}走在{p:里}，[才知道|看见]{season}来了。",
)
ACTS = (
    "{a}{act1}，{b}{act2}，[都<很><高兴>|心里都<很><高兴>]。", "{a}[最爱|喜欢]{act1}，{b}[最爱|喜欢]{act2}。",
        "[这一天|星期天]，{a}{act1}，{b}{act2}，[大家都有事做|心里都<很><高兴>]。",
        "[放学以后|写完作业]，{a}去{act1}，{b}去{act2}。",
    "{b}[忙着|在]{act2}，{a}[忙着|在]{act1}，[大家都有事做|{k}在旁边看着]。",
        "{a}说：“[我去|我要]{act1}。”{b}说：“我[去|要]{act2}。”",
)
TALK = (
    "{k}说：“{season}[真好|来得正好]，[多出去走走|出去玩玩吧]。”",
        "“{season}[真好|多好啊]！”{b}说。{a}说：“[是啊|对]，我[也喜欢|最喜欢]{season}。”",
        "{k}[坐在门口|站在窗前]，[给{a}讲从前的{season}|看着{a}和{b}笑]。",
)
END = (
    "{season}[就这样|一天一天]过去了，{a}[长高了|又长高了]。",
        "{a}把{season}画在纸上，[送给了{b}|贴在墙上]。", "{a}和{b}都说，{p:里}的{season}[最好|真好]。",
        "晚上，{a}写日记：{season}[真有意思|来了，真高兴]。",
        "{season}[还长着呢|刚刚开始]，{a}和{b}[还有很多事要做|约好明天再来]。",
)


def tell(t: Teller) -> None:
    t.cast("a", "child")
    t.cast("b", "child")
    t.cast("k", "kin")
    seasons = {s.name: s for s in SEASONS}
    act = tuple(Word(x, english) for s in SEASONS for x, english in s.acts.items())
    of = {x: s.name for s in SEASONS for x in s.acts}
    t.pair("act1", act, "act2", act, lambda one, two: one != two and of[one.name] == of[two.name])
    season = seasons[of[t.roles["act1"].name]]
    t.set("season", Word(season.name, season.english))
    t.set("p", t.choose(SITES))
    t.phrase("come", season.come)
    t.do(COME, "season")
    t.say(OPEN)
    parts = t.chooser.sample((season.sky, season.plant, season.animal, season.food), t.choose((3, 3, 4)))
    for i, part in enumerate(parts):
        t.say(part)
        if i == 1:
            t.do(ACT, "a", "act1")
            t.do(ACT, "b", "act2")
            t.say(ACTS)
    t.maybe(1, 3, TALK)
    t.say(END)
    if t.told("p"):
        t.ask("where", ("短文写的是哪里？", "写的是什么地方？"), ("{p}。", "是{p}。"))
    t.sum_up(SUMMARY if t.told("p") else SUMMARY[:1])
