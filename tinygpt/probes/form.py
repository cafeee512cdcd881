"""样子对不对：体裁、诗行、打转、坏字、引号、有没有写完、照抄了多少。

体裁的检查只看排列（称呼、日期、署名、说话人、行长），不看写得好不好；
它们由生成器自己写出的文字定下，测试证明每种体裁通过自己的检查，别的体裁通不过。
"""

import re

from tinygpt.corpus import named
from tinygpt.corpus.stories import registry, stories
from tinygpt.errors import InputError
from tinygpt.probes.bench import STORY_SEED, WARM, Bench, Figure, share

DAY = r"[一二三四五六七八九十]+月[一二三四五六七八九十]+日"
POEM_LENGTHS = (5, 7)
ROOM = 200
RIDDLE = r"谜|猜着玩|[打猜]一[种样个位]|有一[种样个位].{8,60}(是什么|叫什么|你知道)"
SENTENCE = 8  # 短于这么多字的句子，碰巧相同不算照抄
GRAM = 8


# ---- 体裁 ----


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n") if line.strip()]


def poem_lines(text: str) -> list[str]:
    """标点之间的各句。"""
    return [part for part in re.split(r"[，。！？；、\s]+", text) if part]


def is_poem(text: str) -> bool:
    parts = poem_lines(text)
    return len(parts) == 4 and len({len(p) for p in parts}) == 1 and len(parts[0]) in POEM_LENGTHS


def is_framed(text: str) -> bool:
    """信与通知共有的框：第一行是称呼，最后一行是日期，倒数第二行是署名。"""
    rows = lines_of(text)
    framed = len(rows) >= 4 and rows[0].endswith("：") and re.fullmatch(DAY, rows[-1])
    return bool(framed) and len(rows[-2]) <= 14 and not rows[-2].endswith(("。", "！", "？"))


def is_letter(text: str) -> bool:
    return is_framed(text) and bool(re.match(r"[您你]的", lines_of(text)[-2]))


def is_notice(text: str) -> bool:
    return is_framed(text) and not is_letter(text)


def is_diary(text: str) -> bool:
    rows = lines_of(text)
    return len(rows) >= 2 and bool(re.fullmatch(rf"{DAY} 星期[一二三四五六日] \S{{1,4}}", rows[0]))


def is_note(text: str) -> bool:
    """便条：第一行是称呼，后面有一行只是署名，接着或上面写着钟点；不是信与通知的框。"""
    rows = lines_of(text)
    if len(rows) < 3 or not re.fullmatch(r"[^，。！？]{1,8}：", rows[0]) or is_framed(text):
        return False
    return not is_riddle(text) and any(re.fullmatch(r"[^，。！？：]{1,6}", row) for row in rows[2:])


def is_riddle(text: str) -> bool:
    """有谜面：说明是谜语，或要人打（猜）一样东西，或一串说法之后问是什么。"""
    framed = is_framed(text) or is_diary(text)
    return not framed and bool(re.search(RIDDLE, text))


CHECKS = {
    "信": is_letter, "通知": is_notice, "日记": is_diary, "诗": is_poem, "谜语": is_riddle,
    "便条": is_note,
}  # fmt: skip
PROSE = ("故事", "寓言", "新闻", "游记", "短文", "对话")  # 没有固定的排列：上面哪一种都不是


def obeys(genre: str, text: str) -> bool:
    if genre in CHECKS:
        return CHECKS[genre](text)
    return bool(text.strip()) and not any(check(text) for check in CHECKS.values())


def genres(bench: Bench) -> dict[str, list[str]]:
    """体裁 → 写它的计划（搭配里有的）。"""
    found: dict[str, list[str]] = {}
    for plan, module in registry().items():
        if plan in (named(bench.mixture).plans or registry()):
            found.setdefault(module.GENRE, []).append(plan)
    return found


def titles(genre: str, bench: Bench) -> tuple[str, list[str]]:
    """这种体裁留出的标题：依次试留出的名字、组合、说法；都没有就用另一段种子的标题。"""
    for held_out in ("name", "combination", "phrasing", None):
        try:
            seed, n = STORY_SEED + 1 + bench.seed, max(1, bench.count // 5)
            found = stories(seed, n_documents=n, plans=genres(bench)[genre], held_out=held_out)
            return held_out or "fresh", [story.title for story in found]
        except InputError:
            continue
    raise AssertionError(genre)


def written(bench: Bench) -> dict[str, tuple[str, list[str], list[str]]]:
    """体裁 → （哪一种留出，各个标题，照着写出的各篇）；全部体裁放在一起续写，快得多。"""
    return bench.remember("genres", lambda: _write(bench))


def _write(bench: Bench) -> dict[str, tuple[str, list[str], list[str]]]:
    asked = {name: titles(name, bench) for name in genres(bench)}
    prompts = [bench.encode(f"{name}：{title}\n") for name, (_, found) in asked.items() for title in found]
    room = min(ROOM, bench.model.config.context_length - max(map(len, prompts)))
    replies = iter(bench.reply(prompts, room, sampling=WARM))
    return {name: (kind, found, [next(replies).text for _ in found]) for name, (kind, found) in asked.items()}


def genre(bench: Bench) -> list[Figure]:
    """每种体裁一个数：给出"体裁：标题"，写出来的排列对不对。

    乱猜的水平是给别的体裁写的各篇碰巧通过这项检查的份额：不看标题行的模型，两个数一样。
    """
    figures = []
    for name, (held_out, found, texts) in written(bench).items():
        hits = [obeys(name, text) for text in texts]
        others = [text for other, (*_, rest) in written(bench).items() if other != name for text in rest]
        blind = share([obeys(name, text) for text in others])
        parts = {"titles": held_out, "example": {"title": found[0], "text": texts[0]}}
        meaning = f"标题行写着“{name}”，正文就是{name}的排列"
        figures.append(Figure("genre", name, share(hits), blind, len(hits), meaning, parts))
    return figures


def poem(bench: Bench) -> list[Figure]:
    """诗里五个字或七个字的句子占多少。"""
    texts = {name: texts for name, (*_, texts) in written(bench).items()}
    fits = lambda poems: [len(part) in POEM_LENGTHS for text in poems for part in poem_lines(text)]
    hits, blind = fits(texts["诗"]), fits(text for name in texts if name != "诗" for text in texts[name])
    whole = share([is_poem(text) for text in texts["诗"]])
    meaning = "诗里五个字或七个字的句子；乱猜是别的体裁里这样的句子"
    return [Figure("poem", "诗", share(hits), share(blind), len(hits), meaning, {"whole_poems": whole})]


# ---- 60 个提示的续写 ----


def looping(text: str) -> bool:
    """打转：同样的一段连着出现四次，同一个字连着六次，或同样的一句出现三次。"""
    if re.search(r"(.{2,20}?)\1{3}", text, re.DOTALL) or re.search(r"(\S)\1{5}", text):
        return True
    found = [s for s in sentences(text) if len(s) >= 6]
    return any(found.count(s) >= 3 for s in set(found))


def sentences(text: str) -> list[str]:
    """句子，不带句末的标点和引号。"""
    return [s.strip("“”，：；、 ") for s in re.split(r"[。！？\n]+", text) if s.strip("“”，：；、 ")]


def fluency(bench: Bench) -> list[Figure]:
    """60 个提示的续写（与聊天同样的取样）：打转、坏字、没有合上的引号、自己写完的。"""
    rows = [(prompt + reply.text, reply.ended) for prompt, reply in bench.completions]
    done = [text for text, ended in rows if ended]
    bad = {"loops": looping, "broken_characters": lambda text: "�" in text}
    meanings = {"loops": "打转的续写（越小越好）", "broken_characters": "有坏字的续写（越小越好）"}
    figures = []
    for source, test in bad.items():
        found = [text for text, _ in rows if test(text)]
        value, parts = len(found) / len(rows), {"examples": found[:3]}
        figures.append(Figure("fluency", source, value, None, len(rows), meanings[source], parts))
    hits = [text.count("“") != text.count("”") for text in done]
    meaning = "写完了的续写里，引号没有合上的（越小越好）"
    figures.append(Figure("fluency", "unfinished_quotes", share(hits), None, len(done), meaning))
    meaning = "自己写到结尾的续写，没有被长度截断"
    figures.append(Figure("fluency", "ended", share([e for _, e in rows]), None, len(rows), meaning))
    return figures


def word_for_word(bench: Bench) -> list[Figure]:
    """续写里 8 个字以上的句子，有多少在训练文字里原样出现；还有最长的一段照抄。"""
    if bench.training is None:
        return []
    texts = [prompt + reply.text for prompt, reply in bench.completions]
    wanted = [s for text in texts for s in sentences(text) if len(s) >= SENTENCE]
    copied, longest = found_in(bench.training(), texts, set(wanted))
    hits = [s in copied for s in wanted]
    meaning = f"续写的句子（{SENTENCE} 个字以上）在训练文字里原样出现的份额"
    parts = {"longest": longest, "longest_length": len(longest)}
    return [Figure("word_for_word", "prompts", share(hits), None, len(wanted), meaning, parts)]


def found_in(training, texts: list[str], wanted: set[str]) -> tuple[set[str], str]:
    """（training 里原样出现的 wanted，texts 与 training 最长的公共一段）。training 只从头读一遍。"""
    places: dict[str, list[tuple[str, int]]] = {}
    for text in texts:
        for i in range(len(text) - GRAM + 1):
            places.setdefault(text[i : i + GRAM], []).append((text, i))
    starts: dict[str, list[str]] = {}
    for sentence in wanted:
        starts.setdefault(sentence[:GRAM], []).append(sentence)
    copied, longest = set(), ""
    for source in training:
        for j in range(len(source) - GRAM + 1):
            gram = source[j : j + GRAM]
            if gram not in places:
                continue
            copied.update(s for s in starts.get(gram, ()) if source.startswith(s, j))
            for text, i in places[gram]:
                if source.startswith(text[i : i + len(longest) + 1], j):
                    longest = _common(text[i:], source[j:]) if len(text) - i > len(longest) else longest
    return copied, longest


def _common(a: str, b: str) -> str:
    """共同的开头。"""
    n = next((n for n, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return a[:n]
