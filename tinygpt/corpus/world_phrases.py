"""小世界的说法：只有数据，没有代码。

这里知道：每一种关系有哪些说法、问法，每一种文章怎样开头、衔接和收尾。
这里不知道：世界上有哪些事物（见 world_concepts.jsonl），也不知道说法怎样拼成文章（见 world.py）。

约定：
- {name} 是事物的名字，{value} 是关系的内容；每条说法自成一句，以"。"结尾；
- 每种关系的最后 HELD_OUT 条是留出的说法，平时的文章里绝不使用，只用来检查模型能否举一反三；
- 以 {name} 开头、中间没有问句的说法叫作"平说"，可以接在连接词后面。
"""

HELD_OUT = 2
OPTIONAL = ("year",)  # 只有这些关系可以空着
AMBIGUOUS = ("opposite", "part_of", "example")  # 这些句子里有别的事物，下一句不能用"它"
PARTNER = {"contrast": "opposite", "whole": "part_of"}  # 要有第二个事物的写法，和找它的关系

PHRASES = {  # 每种关系的最后一行是留出的说法
    "english": (
        "{name}的英文是 {value}。", "{name}翻译成英文是 {value}。", "在英文里，{name}写作 {value}。",
        "{name}对应的英文说法是 {value}。", "用英文来说，{name}就是 {value}。",
        "英文里的 {value}，指的就是{name}。",
        "外国朋友说的 {value}，就是{name}。", "{name}有一个英文名字，叫作 {value}。",
        "翻开英汉对照的书，{name}旁边印着 {value}。", "国外的资料提到{name}时，用的词是 {value}。",
    ),
    "kind": (
        "按类别分，{name}属于{value}。", "{name}在分类上属于{value}。", "从类别上说，{name}算是{value}。",
        "{name}应当归入{value}这一类。", "{name}可以算作{value}。", "要分类的话，{name}应当放在{value}里。",
        "在{value}这一类里，有{name}的名字。", "人们一般把{name}看作{value}。",
        "如果列一张分类表，{name}要写在{value}那一栏。", "{value}的行列中，少不了{name}。",
    ),
    "definition": (
        "{name}是{value}。", "{name}是指{value}。", "{name}是什么？它就是{value}。",
        "所谓{name}，就是{value}。",
        "简单地说，{name}就是{value}。", "我们说的{name}，指的是{value}。", "{value}，就叫作{name}。",
        "{name}指的是{value}。",
        "用一句话概括，{name}就是{value}。", "要给{name}下个定义，不妨说它是{value}。",
    ),
    "use": (
        "{name}可以{value}。", "{name}能够{value}。", "说到用处，{name}可以{value}。",
        "{name}的一个用处，就是{value}。", "{name}的作用之一是{value}。", "{name}有什么用？它可以{value}。",
        "细说起来，{name}能{value}。", "{name}自有用处，能{value}。",
        "从实用的角度看，{name}能{value}。", "{name}的价值体现在哪里？体现在它能{value}。",
    ),
    "example": (
        "比如，{value}就和{name}有关。", "提到{name}，人们容易想到{value}。",
        "要举例说明{name}，可以看看{value}。",
        "和{name}有关的例子，有{value}。", "举个例子，看到{value}，就会想起{name}。",
        "讲{name}的人，常拿{value}作例子。", "想理解{name}，不妨先想想{value}。",
        "{name}并不难懂，想想{value}就明白了。", "{name}容易让人想到{value}。",
        "教科书谈到{name}时，往往会提{value}。", "{value}，正好可以当作{name}的一个实例。",
    ),
    "part_of": (
        "{name}属于{value}。", "{name}是{value}的一部分。", "{name}可以归到{value}里面。",
        "说到{value}，就不能不提{name}。", "在{value}里，{name}占有一个位置。",
        "{name}和{value}是部分与整体的关系。",
        "人们谈{value}时，常常会谈到{name}。", "从大处看，{name}属于{value}。",
        "把眼光放远，{name}只占{value}的一角。", "{value}好比一棵大树，{name}就是其中的一枝。",
    ),
    "opposite": (
        "人们常把{name}和{value}放在一起比较。", "和{name}形成对比的是{value}。", "{name}不同于{value}。",
        "{name}和{value}并不一样。", "不要把{name}和{value}混为一谈。", "{name}常常被拿来和{value}比较。",
        "说到{name}，也常会说到与它不同的{value}。", "{name}与{value}各有各的特点。",
        "拿来与{name}对照的，通常是{value}。", "学习的时候，应当分清{name}与{value}。",
    ),
    "cause": (
        "没有{value}，就没有{name}。", "因为有了{value}，才有了{name}。", "{name}的背后，是{value}。",
        "{name}离不开{value}。", "{name}的产生，与{value}有关。", "{value}，是{name}出现的条件。",
        "为什么会有{name}？原因在于{value}。", "如果少了{value}，也就不会有{name}。",
        "追根究底，{name}来自{value}。", "先有{value}，后有{name}。",
    ),
    "effect": (
        "{name}会{value}。", "{name}往往会{value}。", "{name}带来的结果，是{value}。",
        "从结果看，{name}会{value}。",
        "{name}的影响在于{value}。", "说到影响，{name}会{value}。", "{name}能带来什么？它会{value}。",
        "事实表明，{name}会{value}。",
        "{name}造成的变化，可以归结为{value}。", "放在更长的时间里看，{name}会{value}。",
    ),
    "feature": (
        "{name}的特点是{value}。", "{name}有一个特点：{value}。", "{name}的特点在于{value}。",
        "{name}有什么特点？可以说{value}。", "{value}，这就是{name}的特点。",
        "谈到{name}的特点，人们会说{value}。",
        "{name}给人的印象是{value}。", "细心的人会发现{name}的特点：{value}。",
        "{name}最让人记住的一点，就在于{value}。", "若用几个字形容{name}，那就是{value}。",
    ),
    "place": (
        "在{value}，可以见到{name}。", "{name}出现在{value}。", "人们常在{value}见到{name}。",
        "要问{name}在哪里，答案是在{value}。", "在{value}，有{name}的身影。",
        "{name}的身影可以在{value}找到。",
        "人们多半是在{value}遇到{name}的。", "{name}主要在{value}出现。",
        "{name}落脚的地方，就在{value}。", "寻找{name}的人，会把目光投向{value}。",
    ),
    "year": (
        "说到{name}的历史，要记住{value}年。", "{value}年，在{name}的历史上十分重要。",
        "与{name}有关的一个重要年份，是{value}年。", "{name}的历史上，{value}年值得一提。",
        "人们讲{name}的历史，常从{value}年讲起。", "{name}的历史和{value}年分不开。",
        "翻看{name}的历史，会看到{value}年。", "{name}有一个值得记住的年份：{value}年。",
        "{value}这个年份，写在{name}的历史里。", "要给{name}画一条时间线，{value}年必须标出来。",
    ),
}  # fmt: skip

REQUIRED = (
    "name",
    "subject_en",
    "definition_en",
    *(r for r in PHRASES if r not in OPTIONAL),
)  # 表里每行必有的项

# 平说（见开头的约定）
PLAIN = frozenset(
    p for options in PHRASES.values() for p in options if p.startswith("{name}") and "？" not in p
)

# 名字不能换成"它"的说法：内容先于名字出现，句中已有"它"，或者句子正在解释这个名字
NAMED = frozenset(
    p for options in PHRASES.values() for p in options
    if p.find("{name}") > p.find("{value}") or "它" in p or p.startswith(("所谓", "我们说的", "要给"))
)  # fmt: skip

QUESTIONS = {
    "english": ("{name}用英文怎么说？", "{name}的英文是什么？", "你知道{name}的英文名字吗？"),
    "kind": ("{name}属于哪一类？", "按类别分，{name}应当放在哪里？", "{name}算是哪一类事物？"),
    "definition": ("什么是{name}？", "{name}是什么意思？", "怎样解释{name}？", "{name}指的是什么？"),
    "use": ("{name}有什么用？", "{name}可以用来做什么？", "{name}的用处在哪里？"),
    "example": ("能举一个和{name}有关的例子吗？", "提到{name}，会想到什么？", "{name}有什么例子？"),
    "part_of": ("{name}属于什么？", "{name}是什么的一部分？", "{name}可以归到哪里？"),
    "opposite": ("{name}常和什么作比较？", "和{name}形成对比的是什么？", "{name}不同于什么？"),
    "cause": ("{name}离不开什么？", "为什么会有{name}？", "{name}的背后是什么？"),
    "effect": ("{name}会带来什么结果？", "{name}有什么影响？", "有了{name}会怎样？"),
    "feature": ("{name}有什么特点？", "{name}的特点是什么？", "怎样形容{name}？"),
    "place": ("在哪里可以见到{name}？", "{name}出现在什么地方？", "人们在哪里会遇到{name}？"),
    "year": (
        "哪一年在{name}的历史上很重要？",
        "讲{name}的历史，要记住哪一年？",
        "和{name}有关的重要年份是哪一年？",
    ),
}

REVERSE = {  # 反过来问：给出内容，问是什么
    "definition": (("{value}叫作什么？", "{value}叫作{name}。"), ("{value}，指的是什么？",
    "这指的是{name}。")),
    "english": (("英文 {value} 用中文怎么说？", "英文 {value} 用中文说是{name}。"),
                ("{value} 是什么意思？", "{value} 的意思是{name}。")),
}  # fmt: skip

CONNECTORS = ("另外，", "同时，", "此外，", "还有，", "当然，", "我们也知道，")

TITLES = {
    "introduce": ("{a}", "认识{a}", "{a}简介", "谈谈{a}"),
    "story": ("{a}", "听说{a}", "{a}的故事", "一次关于{a}的谈话"),
    "answer": ("{a}问答", "关于{a}的几个问题", "问一问{a}"),
    "listing": ("{a}的要点", "记住{a}", "{a}的几个方面"),
    "contrast": ("{a}与{b}", "{a}和{b}的区别", "比较{a}与{b}"),
    "whole": ("从{b}说到{a}", "{b}与{a}", "{b}中的{a}"),
}

INTRODUCE_OPENINGS = (
    "今天我们来认识{name}。", "这一段文字要介绍{name}。", "{name}这个词，许多人都听说过。",
    "你听说过{name}吗？",
    "说起{name}，很多人觉得熟悉，却不一定说得清楚。", "下面谈谈{name}。",
    "学习的路上，我们有时会碰到{name}。",
    "{name}并不神秘，慢慢讲就能明白。", "如果有人问起{name}，我们应该怎样回答呢？",
    "先从{name}这个名字讲起。",
    "让我们花一点时间了解{name}。",
)  # fmt: skip
TURNS = (
    "再来看看{name}的其他方面。", "关于{name}，还可以多说几句。",
    "知道了这些，对{name}还可以再问几个问题。",
    "换一个角度来看{name}。", "说完这些，再往下看。", "接着往下说。",
)  # fmt: skip
CLOSINGS = (
    "这就是{name}的大致情况。", "了解了这些，再见到{name}就不会陌生了。", "以上就是关于{name}的简单介绍。",
    "记住这几点，{name}就不难理解了。", "{name}的故事还很长，这里先讲到这里。",
    "现在，你对{name}应该有了一个清楚的印象。", "如果还想多了解{name}，可以再去找些书来读。",
    "看完这一段，不妨用自己的话把{name}讲给别人听。",
)  # fmt: skip

STORY_NAMES = {
    "time": ("一个周末", "星期天的早上", "昨天晚上", "暑假里的一天", "一个下雨的午后", "期末考试以后",
             "春天的一个早晨", "放假的第一天"),
    "person": ("小明", "小红", "小林", "小华", "小雨", "小刚", "小芳", "小军", "小文", "小丽"),
    "place": ("图书馆里", "回家的路上", "饭桌旁", "火车上", "客厅里", "公园的长椅上", "院子里", "书店里"),
    "helper": ("爷爷", "妈妈", "姐姐", "爸爸", "叔叔", "哥哥", "奶奶", "表姐"),
}  # fmt: skip
STORY_SCENES = (
    "{time}，{person}在{place}听人说起{name}，便去问{helper}。",
    "{time}，{person}和{helper}在{place}聊天，忽然说到了{name}。",
    "{time}，{person}在{place}翻开一本书，看到了“{name}”这个词，便请{helper}讲一讲。",
    "{time}，{helper}在{place}给{person}讲{name}。",
)  # fmt: skip
STORY_LEADS = (
    "{helper}笑着说：", "{helper}想了想，说：", "{helper}放下手里的东西，说：", "{helper}慢慢地讲了起来：",
    "{helper}这样回答：",
)  # fmt: skip
STORY_MORE = (
    "{helper}接着说：", "{helper}又补充道：", "过了一会儿，{helper}又说：",
    "看到{person}很想听，{helper}继续说：",
)  # fmt: skip
STORY_ENDINGS = (
    "{person}听完点点头，说自己明白了。", "{person}把这些话记在了本子上。",
    "{person}高兴地说，原来{name}这么有意思。", "从那以后，{person}再听到{name}，就不觉得陌生了。",
    "{person}谢过{helper}，打算明天讲给同学听。", "{person}想，以后还要多读一些关于{name}的书。",
)  # fmt: skip

QA_OPENINGS = (
    "关于{name}，人们常问下面几个问题。", "这里用问答的方式介绍{name}。",
    "了解{name}，可以从几个问题入手。",
    "一问一答，就能把{name}讲清楚。",
)  # fmt: skip
QA_FRAMES = (
    "有人问：“{question}”可以这样回答：{answer}", "“{question}”答案是：{answer}",
    "有的读者想知道：{question}{answer}", "{question}我们可以说，{answer}",
    "“{question}”这个问题不难回答。{answer}",
    "也许你会问：{question}简单的回答是：{answer}",
)  # fmt: skip

LIST_OPENINGS = (
    "关于{name}，有几点值得记住。", "要了解{name}，可以记住下面几点。",
    "我们把{name}的要点一条一条地列出来。",
    "{name}可以分成几点来说。",
)  # fmt: skip
ORDINALS = (
    ("第一，", "第二，", "第三，", "第四，", "第五，", "第六，"),
    ("首先，", "其次，", "再次，", "然后，", "接下来，", "再往后，"),
    ("先说第一点，", "再说第二点，", "第三点，", "第四点，", "第五点，", "第六点，"),
)  # fmt: skip
LAST_ORDINAL = "最后，"

CONTRAST_OPENINGS = (
    "{a}和{b}这两个名字，常常同时出现。", "有些人分不清{a}和{b}。", "说起{a}，就不能不说{b}。",
    "{a}与{b}，哪里不同呢？", "这一段文字比较{a}和{b}。", "有的同学问，{a}和{b}有什么区别？",
)  # fmt: skip
CONTRAST_LINKS = ("，而", "；", "。相比之下，", "。再看另一边，")
CONTRAST_CLOSINGS = (
    "可见，{a}和{b}各有各的位置。", "弄清了这些，就不会把{a}当成{b}了。",
    "把{a}和{b}放在一起看，两者都会更清楚。",
    "这样一比，{a}和{b}的差别就清楚了。", "知道了{a}，也就更容易理解{b}。",
)  # fmt: skip

WHOLE_OPENINGS = (
    "要讲{name}，先得讲讲{whole}。", "{whole}里的内容很多，这里只挑一部分来讲。",
    "我们从{whole}说起，再慢慢走到{name}。", "先看整体，再看部分。",
)  # fmt: skip
WHOLE_TURNS = ("再来看{name}。", "下面轮到{name}。", "讲完前面的内容，再看{name}。",
"与之并列的还有{name}。")
WHOLE_CLOSINGS = (
    "把部分合在一起看，{whole}的样子就清楚多了。", "{whole}里还有许多别的内容，以后可以慢慢了解。",
    "从部分到整体，我们对{whole}多了一些了解。", "要真正懂得{whole}，还要看更多的部分。",
)  # fmt: skip

SUMMARIES = (  # 摘要：一句话里两件事
    ("feature", "{name}是{definition}，特点是{feature}。"),
    ("use", "{name}是{definition}，可以{use}。"),
    ("effect", "{name}是{definition}，会{effect}。"),
    ("place", "{name}是{definition}，出现在{place}。"),
)

TRANSLATIONS = (  # 中文，英文，第二个事物从哪种关系里找（没有则为空）
    ("{name}是{definition}。", "{subject_en} is {definition_en}.", ""),
    ("什么是{name}？", "What is {subject_en}?", ""),
    ("所谓{name}，就是{definition}。", "By {subject_en} we mean {definition_en}.", ""),
    ("今天我们来学习什么是{name}。", "Today we will learn what {subject_en} is.", ""),
    ("我想知道什么是{name}。", "I want to know what {subject_en} is.", ""),
    ("老师正在讲什么是{name}。", "The teacher is explaining what {subject_en} is.", ""),
    ("你能用一句话说明什么是{name}吗？", "Can you say in one sentence what {subject_en} is?", ""),
    ("这本书说明了什么是{name}。", "This book explains what {subject_en} is.", ""),
    ("人们把{name}理解为{definition}。", "People understand {subject_en} as {definition_en}.", ""),
    ("{name}和{other}并不一样。", "{subject_en} is not the same as {other_en}.", "opposite"),
    (
        "人们常把{name}和{other}放在一起比较。",
        "People often compare {subject_en} with {other_en}.",
        "opposite",
    ),
    (
        "{name}和{other}有什么不同？",
        "What is the difference between {subject_en} and {other_en}?",
        "opposite",
    ),
    ("{name}属于{other}。", "{subject_en} belongs to {other_en}.", "part_of"),
    ("说到{other}，就会说到{name}。", "When we speak of {other_en}, we speak of {subject_en}.", "part_of"),
)
