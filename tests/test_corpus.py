"""附带文字的测试：小百科的数量、划分、不重复、干净；passages 与 digest；附带的分词器。"""

import re
import shutil
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from tinygpt import corpus
from tinygpt.corpus.world import World
from tinygpt.errors import InputError
from tinygpt.tokenizer import EOS, Tokenizer

HAN = re.compile("[\u4e00-\u9fff]")
PUNCTUATION = "，。、；：？！“”‘’（）《》—…·"
ASCII = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
IN_NUMBERS = " .%+-=×÷/"  # 用在数、式子与英文名字里：3.14、90%、3 + 4 = 7、x / 2、GPT-2
ALLOWED = re.compile("[\u4e00-\u9fff\n" + re.escape(PUNCTUATION + ASCII + IN_NUMBERS) + "]*")
BRACKETS = {"”": "“", "’": "‘", "）": "（", "》": "《"}
OPENING = "机器学习是"


def hanzi(text):
    return len(HAN.findall(text))


def sentences(text):
    """句子可以从行首起，也可以在 。！？“： 之后起；句末的标点留着，引号去掉。"""
    return [s.strip("”“ ") for s in re.split("(?<=[。！？“：])|\n", text) if s.strip("”“ ")]


@pytest.fixture(scope="module")
def documents():
    return list(corpus.documents())


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load(corpus.TOKENIZER)


# ---- 数量与划分 ----


def test_size_and_genres(documents):
    lengths = [hanzi(d.text) for d in documents]
    genres = Counter(d.genre for d in documents)
    held_out = sum(d.split == "validation" for d in documents)
    characters = len({c for d in documents for c in d.text if HAN.match(c)})
    share = "、".join(f"{genre} {genres[genre] / len(documents):.1%}" for genre in corpus.GENRES)
    print(
        f"\n{len(documents)} 篇，{sum(lengths)} 汉字（{min(lengths)}–{max(lengths)}），"
        f"{characters} 个不同的字，验证 {held_out} 篇；{share}"
    )
    assert sum(lengths) >= 200_000
    assert len(documents) >= 500
    limits = {"小百科": (200, 900), "日常": (30, 210)}  # 每篇多少个汉字
    short_or_long = [
        d.title for d, n in zip(documents, lengths, strict=True)
        if not limits[d.source][0] <= n <= limits[d.source][1]
    ]  # fmt: skip
    assert short_or_long == []
    assert sum(n for d, n in zip(documents, lengths, strict=True) if d.source == "日常") >= 100_000
    assert set(genres) == set(corpus.GENRES)
    assert min(genres.values()) >= 0.005 * len(documents)  # 每种体裁都有，最少的（谜语）占 0.9 %
    assert max(genres.values()) <= 0.8 * len(documents)
    assert characters <= 2_800


def test_titles_are_unique(documents):
    assert [title for title, n in Counter(d.title for d in documents).items() if n > 1] == []


def test_the_split_is_fixed_and_small(documents):
    assert {d.split for d in documents} == {"train", "validation"}
    held_out = sum(hanzi(d.text) for d in documents if d.split == "validation")
    assert 0.05 <= held_out / sum(hanzi(d.text) for d in documents) <= 0.12
    assert list(corpus.documents()) == documents
    for split in ("train", "validation"):
        assert list(corpus.documents(split)) == [d for d in documents if d.split == split] != []
    for genre in corpus.GENRES:
        assert list(corpus.documents(genre=genre)) == [d for d in documents if d.genre == genre]


# ---- 不重复 ----


def test_no_long_sentence_more_than_twice(documents):
    texts = [d.text.replace("“", "").replace("”", "") for d in documents]
    counts = Counter(s for text in texts for s in re.split("(?<=[。！？])|\n", text) if hanzi(s) >= 12)
    assert [s for s, n in counts.items() if n > 2] == []


def test_no_near_duplicates(documents):
    where = defaultdict(set)
    for number, document in enumerate(documents):
        text = re.sub(r"\s", "", document.text)
        for i in range(len(text) - 7):
            where[text[i : i + 8]].add(number)
    several = [sorted(numbers) for numbers in where.values() if len(numbers) > 1]
    shared = Counter(pair for numbers in several for pair in combinations(numbers, 2))
    assert [(documents[a].title, documents[b].title, n) for (a, b), n in shared.items() if n > 30] == []


def test_the_wording_varies(documents):
    grams = [d.text[i : i + 4] for d in documents for i in range(len(d.text) - 3)]
    assert len(set(grams)) / len(grams) > 0.75  # 量得 0.82；照模板写的文字要低得多


def test_many_sentences_open_with_the_example(documents):
    opened = [(s, d.title) for d in documents for s in sentences(d.text) if s.startswith(OPENING)]
    assert len({s for s, _ in opened}) >= 60
    assert len({title for _, title in opened}) >= 60


# ---- 干净 ----


def test_only_the_allowed_characters(documents):
    others = [d for d in documents if not ALLOWED.fullmatch(d.text)]
    assert [(d.title, ALLOWED.sub("", d.text, count=1)[:20]) for d in others] == []
    assert not any(re.search("锟|烫烫|屯屯", d.text) for d in documents)  # 编码弄错时常见的乱码


def test_no_ascii_punctuation_between_chinese_characters(documents):
    wide = f"[\u4e00-\u9fff{PUNCTUATION}]"
    between = re.compile(rf"{wide} *[!-/:-@\[-`{{-~]+ *(?={wide}|$)", re.MULTILINE)
    texts = [(d.title, d.text.replace("伯纳斯-李", "")) for d in documents]  # 人名里的连字符
    assert [(title, between.findall(text)) for title, text in texts if between.search(text)] == []


def test_punctuation_is_clean(documents):
    # 连着的、在行首的标点，汉字之间的空格，单个的 — 与 …，空行与行首行末的空白
    unclean = re.compile(
        "[，。、；：？！][，。、；：]|^[，。、；：？！”’）》]|[\u4e00-\u9fff] +[\u4e00-\u9fff]"
        "|(?<!—)—(?!—)|(?<!…)…(?!…)|^ | $|\n\n|\n$",
        re.MULTILINE,
    )
    meant = re.compile("免 费|^本报讯 ", re.MULTILINE)  # 文中有意写的空格
    texts = [(d.title, meant.sub("", d.text)) for d in documents]
    assert [(title, unclean.findall(text)) for title, text in texts if unclean.search(text)] == []


def test_quotes_and_brackets_are_balanced(documents):
    def balanced(paragraph):
        still_open = []
        for c in paragraph:
            if c in BRACKETS.values():
                still_open.append(c)
            elif c in BRACKETS and (not still_open or still_open.pop() != BRACKETS[c]):
                return False
        return not still_open

    assert [(d.title, p) for d in documents for p in d.text.split("\n") if not balanced(p)] == []


def test_paragraphs_end_as_sentences(documents):
    def ordinary(d):  # 诗、信与条子里有称呼、署名与分行
        return d.source == "小百科" and d.genre != "诗"

    paragraphs = [(d.title, p) for d in documents if ordinary(d) for p in d.text.split("\n")]
    assert [(title, p[-12:]) for title, p in paragraphs if not re.search("[。？！…”）]$", p)] == []


# ---- passages 与 digest ----


SMALL = corpus.Mixture(4_000, 6_000, 3_000, passes=2, everyday=2)


def by_source(passages):
    found = {source: {"train": [], "validation": []} for source in corpus.SOURCES}
    for p in passages:
        found[p.source.split("《")[0]][p.split].append(p)
    return found


def test_passages(documents):
    passages = list(corpus.passages(SMALL))
    assert passages == list(corpus.passages(SMALL))
    assert all(p.ends_document and p.text.strip() for p in passages)
    found = by_source(passages)
    for source, size in (("小世界", 4_000), ("小故事", 6_000), ("聊天", 3_000)):
        for split, wanted in (("train", size), ("validation", corpus.VALIDATION)):
            written = sum(len(p.text) for p in found[source][split])
            assert wanted <= written <= wanted + 400, (source, split)
    for source in ("小百科", "日常"):  # 训练部分写 passes 遍，验证部分一遍
        own = [d for d in documents if d.source == source]
        assert len(found[source]["train"]) == 2 * sum(d.split == "train" for d in own)
        assert len(found[source]["validation"]) == sum(d.split == "validation" for d in own)
    assert {p.source for p in passages if p.chat} == {"聊天"}


def test_training_never_holds_a_validation_text():
    passages = list(corpus.passages(SMALL))
    train = {p.text for p in passages if p.split == "train"}
    assert not train & {p.text for p in passages if p.split == "validation"}


def test_about_half_of_the_documents_have_a_heading():
    """标题行多是“体裁：标题”；小世界里只讲一个事物的文章，有一半只写它的名字，正文就从它说起。"""
    passages = [p for p in corpus.passages(SMALL) if not p.chat and not p.source.startswith("小故事")]
    genres, names = (*corpus.GENRES, "问答"), {c.name for c in World.load().concepts}
    lines = [p.text.split("\n") for p in passages]
    bare = [p.text.split("\n") for p in passages if p.source == "小世界" and p.text.split("\n")[0] in names]
    named = sum(rows[0].split("：")[0] in genres and len(rows) > 1 for rows in lines)
    assert 0.4 < (named + len(bare)) / len(lines) < 0.6
    assert 0.1 < len(bare) / sum(p.source == "小世界" for p in passages) < 0.3
    assert all(len(rows) == 2 and rows[0] in rows[1] for rows in bare)


def test_mixtures_by_name():
    assert corpus.named("first") is corpus.MIXTURES["first"]
    with pytest.raises(InputError, match="first"):
        corpus.named("frist")


def test_digest_changes_with_the_files(tmp_path, monkeypatch):
    before = corpus.digest()
    folder = tmp_path / "encyclopedia"
    shutil.copytree(corpus.FOLDER, folder)
    monkeypatch.setattr(corpus, "FOLDER", folder)
    assert corpus.digest() == before  # 只看内容，不看位置
    path = min(folder.glob("*.jsonl"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("。", "！", 1), encoding="utf-8", newline="\n")
    assert corpus.digest() != before
    path.write_text(text, encoding="utf-8", newline="\n")
    assert corpus.digest() == before
    path.unlink()
    assert corpus.digest() != before


def test_digest_changes_with_the_mixture_and_with_the_generators(monkeypatch):
    before = corpus.digest(SMALL)
    assert before != corpus.digest(corpus.Mixture(4_000, 6_000, 3_001, passes=2, everyday=2))
    real = corpus._texts
    louder = lambda *which: (text.replace("。", "！") for text in real(*which))
    monkeypatch.setattr(corpus, "_texts", louder)
    assert corpus.digest(SMALL) != before


# ---- 附带的分词器 ----


def test_the_ids_of_the_article(tokenizer):
    assert tokenizer.encode(OPENING) == [1256, 3419]
    assert tokenizer.encode(OPENING, eos=True) == [1256, 3419, EOS] == [1256, 3419, 7]
    assert tokenizer.vocab_size == 4096


@pytest.mark.slow
def test_the_shipped_tokenizer_fits_the_text_of_today(tokenizer):
    """文字改了几处，编号不必跟着变（课里写着它们）；但今天重新训练一次，词表要几乎一样。

    对照：只用手写的文字训练，相同的就少得多。
    """
    vocabulary = lambda t: {t.token(id) for id in range(t.vocab_size)}
    options = {"min_count": corpus.TOKENIZER_MIN_COUNT, "pattern": corpus.PATTERN}
    train = [p for p in corpus.passages(corpus.TOKENIZER_MIXTURE) if p.split == "train"]
    shared = lambda passages: len(
        vocabulary(tokenizer) & vocabulary(Tokenizer.train_bpe((p.text for p in passages), **options))
    ) / tokenizer.vocab_size
    assert shared(train) > 0.95
    assert shared(p for p in train if p.source.startswith(("小百科", "日常"))) < 0.8


def test_every_document_round_trips(tokenizer, documents):
    written = [d.text for d in documents]
    assert [tokenizer.decode(ids) for ids in tokenizer.encode_batch(written)] == written


def test_characters_per_token(tokenizer):
    """一个来源一个数。"""
    for source, splits in by_source(corpus.passages(SMALL)).items():
        held_out = [p.text for p in splits["validation"]]
        ratio = sum(map(len, held_out)) / sum(map(len, tokenizer.encode_batch(held_out)))
        print(f"\n{source} 每个 token {ratio:.3f} 个字符")
        assert ratio > 1.2  # 量得 1.30 到 1.46
