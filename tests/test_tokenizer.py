"""tokenizer.py：任何文字都能原样还原；特殊 token 只由编号写入；文件与 Hugging Face 通用。"""

import json
import random
import re

import pytest
import tokenizers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tinygpt import corpus
from tinygpt.errors import InputError
from tinygpt.tokenizer import (
    BOS,
    BYTE_TOKENS,
    CHAT,
    CLS,
    EOS,
    MASK,
    MAX_HAN,
    PAD,
    SEP,
    SPECIAL_TOKENS,
    UNK,
    Tokenizer,
)  # fmt: skip

# 任何 Unicode 文字（不含孤立的代理字符），并常常碰到词表里有的字与像特殊 token 的写法
FRAGMENTS = [
    "<eos>", "<0x41>", "<0xE6>", "<unk>", "<pad>", "机器学习", "是", "是的", " the cat",
    "\r\n", "  ", "12", "é", "\ufeff", "\x00", "👩‍👩‍👧",
]  # fmt: skip
characters = st.characters(exclude_categories=["Cs"])
familiar = st.sampled_from("机器学习是注意力猫the \n2")
unicode_text = st.lists(st.one_of(characters, st.sampled_from(FRAGMENTS), familiar)).map("".join)


@settings(max_examples=300)
@given(unicode_text)
@example("<eos>")
@example("a<0x41>b<eos>")
@example("")
def test_any_text_round_trips(tokenizer, text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert all(len(SPECIAL_TOKENS) <= id < tokenizer.vocab_size for id in ids)  # 正文编不出特殊 token


def test_special_ids():
    assert SPECIAL_TOKENS == ("<pad>", "<unk>", "<bos>", "<cls>", "<sep>", "<mask>", "<chat>", "<eos>")
    assert tuple(range(8)) == (PAD, UNK, BOS, CLS, SEP, MASK, CHAT, EOS)


def test_layout_of_ids(tokenizer):
    assert [tokenizer.token(id) for id in range(8)] == list(SPECIAL_TOKENS)
    assert [tokenizer.token(id) for id in range(8, 264)] == list(BYTE_TOKENS)
    rest = [tokenizer.token(id) for id in range(264, tokenizer.vocab_size)]
    singles = [len(token) == 1 for token in rest]
    # 先是单字，后是合并出来的
    assert singles == sorted(singles, reverse=True) and any(singles) and not all(singles)
    assert all(tokenizer.id(tokenizer.token(id)) == id for id in range(tokenizer.vocab_size))
    assert tokenizer.id("没有这个词") is None


def test_decoding_leaves_out_special_tokens(tokenizer):
    ids = tokenizer.encode("小猫", eos=True)
    assert ids[-1] == EOS and EOS not in tokenizer.encode("小猫")
    assert tokenizer.decode([BOS, *ids, PAD, MASK]) == "小猫"


def test_text_that_looks_special_is_only_text(tokenizer):
    for text in ("<eos>", "<0x41>", "<0xE6><0x9C><0xBA>"):
        ids = tokenizer.encode(text)
        assert EOS not in ids and tokenizer.decode(ids) == text
    assert tokenizer.encode("<0x41>") != tokenizer.encode("A")


def test_unseen_characters_become_utf8_bytes(tokenizer):
    ids = tokenizer.encode("鑫")
    assert [tokenizer.token(id) for id in ids] == [f"<0x{byte:02X}>" for byte in "鑫".encode()]
    assert tokenizer.decode(ids[:2]) == "�"  # 只有半个字


@given(st.text(alphabet="0123456789", min_size=1, max_size=12))
def test_digits_are_one_by_one(tokenizer, digits):
    pieces = [tokenizer.decode([id]) for id in tokenizer.encode("有" + digits + "天")]
    assert pieces[-len(digits) - 1 : -1] == list(digits)


# ---- 切段 ----


@given(unicode_text)
def test_pieces_are_short_and_cover_the_text(tokenizer, text):
    """一段的长短有上限，所以训练与编码的时间同文字的长短成正比：合并只在段内找。"""
    for joined in (text, text * 40, "春" * 500 + text, "a" * 500, " " * 500, "，" * 500, "\n" * 500):
        pieces = [piece for piece, _ in tokenizer.backend.pre_tokenizer.pre_tokenize_str(joined)]
        assert "".join(pieces) == joined
        assert max(map(len, pieces), default=0) <= 32 + 1 + 4  # 一段标点，前面一个空格，后面四个换行


def test_a_text_without_punctuation_trains_like_one_with():
    """没有标点的文字也学得到词，学到的与有标点时一样。"""
    words = ["小猫", "看鱼", "机器", "学习", "春天", "来了"]
    plain = "".join(random.Random(0).choices(words, k=3000))
    learned = Tokenizer.train_bpe([plain], 320)
    assert all(learned.id(word) is not None for word in words)


def test_the_general_pattern_has_no_favourite_character():
    trained = Tokenizer.train_bpe(["是是非非。就是的是的。"] * 50, 320)
    assert trained.id("是的") is not None


@given(unicode_text, unicode_text)
def test_the_pattern_of_the_course_keeps_shi_apart(course_tokenizer, before, after):
    text = before + "是" + after
    tokens = [course_tokenizer.token(id) for id in course_tokenizer.encode(text)]
    assert [token for token in tokens if "是" in token] == ["是"] * text.count("是")


def test_shi_never_merges_even_when_it_is_always_followed_by_the_same():
    trained = Tokenizer.train_bpe(["是是非非。就是的是的。"] * 50, 320, pattern=corpus.PATTERN)
    assert [token for token in map(trained.token, range(264, trained.vocab_size)) if "是" in token] == ["是"]
    assert trained.encode("是是") == [trained.id("是")] * 2


def test_a_prompt_that_ends_in_shi_is_cut_as_in_the_text(course_tokenizer):
    """“机器学习是”的编号，是更长的句子的编号的开头。"""
    prompt = course_tokenizer.encode("机器学习是")
    assert course_tokenizer.encode("机器学习是人工智能的一个分支。")[: len(prompt)] == prompt


def is_han(c):
    han = r"[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
    return re.match(han, c) is not None


def test_han_tokens_have_at_most_four_characters(tokenizer):
    tokens = map(tokenizer.token, range(264, tokenizer.vocab_size))
    lengths = [len(token) for token in tokens if any(map(is_han, token))]
    assert max(lengths) == MAX_HAN == 4


@pytest.mark.parametrize("phrase", ["〇一二三四五六", "㐀一二三四五六", "𠀀一二三四五六", "一二三四五六七"])
def test_han_tokens_that_begin_with_a_rare_character_are_short_too(phrase):
    """〇、扩展区的字也是汉字（正则里的 Han），开头是它们的词元同样不超过 4 个字。"""
    trained = Tokenizer.train_bpe([f"{phrase}。"] * 30, vocab_size=320)
    long = [token for token in map(trained.token, range(264, trained.vocab_size)) if len(token) > MAX_HAN]
    assert not long
    assert any(len(trained.token(id)) > 1 for id in range(264, trained.vocab_size))


def test_frequent_words_become_one_token(tokenizer):
    assert len(tokenizer.encode("机器学习")) == 1 and len(tokenizer.encode(" the")) == 1


def test_training_is_deterministic(texts):
    a, b = Tokenizer.train_bpe(texts, 450), Tokenizer.train_bpe(iter(texts), 450)
    assert a.fingerprint == b.fingerprint
    assert a.fingerprint != Tokenizer.train_bpe(texts, a.vocab_size - 1).fingerprint
    assert a.fingerprint != Tokenizer.train_bpe([*texts, "小猫小猫小猫小猫" * 9], 450).fingerprint


@pytest.mark.parametrize("vocab_size", [290, 350, 450])
def test_vocab_size_is_an_upper_bound(texts, vocab_size):
    assert Tokenizer.train_bpe(texts, vocab_size).vocab_size <= vocab_size
    assert Tokenizer.train_bpe(texts, 290).vocab_size == 290


def test_bad_training_input():
    with pytest.raises(InputError, match="空"):
        Tokenizer.train_bpe([], 400)
    with pytest.raises(InputError, match="空"):
        Tokenizer.train_bpe(["", ""], 400)
    with pytest.raises(InputError, match="270"):
        Tokenizer.train_bpe(["小猫"], 270)
    with pytest.raises(InputError, match="空"):
        Tokenizer.train_char([""])


def test_one_rare_text_still_trains():
    """每个字只出现一次：min_count 不该把词表筛空。"""
    trained = Tokenizer.train_bpe(["天地玄黄"], 400)
    assert trained.id("天") is not None and trained.decode(trained.encode("天地")) == "天地"


def test_lone_surrogate_is_an_input_error(tokenizer):
    with pytest.raises(InputError, match="代理"):
        tokenizer.encode("好\ud800")


@given(st.lists(unicode_text, max_size=5))
def test_batch_equals_one_by_one(tokenizer, texts):
    assert tokenizer.encode_batch(texts) == [tokenizer.encode(text) for text in texts]
    assert tokenizer.encode_batch(texts, eos=True) == [tokenizer.encode(text) + [EOS] for text in texts]


# ---- 逐个解码 ----


@settings(max_examples=150)
@given(unicode_text.filter(lambda text: "\ufffd" not in text))
def test_streaming_never_shows_a_broken_character_and_joins_to_decode(tokenizer, text):
    ids, decoder = tokenizer.encode(text, eos=True), tokenizer.stream_decoder()
    pieces = [decoder.push(id) for id in ids]
    assert not any("\ufffd" in piece for piece in pieces)
    assert "".join(pieces) + decoder.finish() == tokenizer.decode(ids) == text


@given(st.lists(st.integers(0, 449), max_size=20))
def test_streaming_of_any_ids_joins_to_decode(tokenizer, ids):
    """模型可能写出残缺的字节：逐个解码与一次解码也要一致。"""
    ids, decoder = [id % tokenizer.vocab_size for id in ids], tokenizer.stream_decoder()
    assert "".join(decoder.push(id) for id in ids) + decoder.finish() == tokenizer.decode(ids)


def test_unfinished_bytes_wait_then_show_as_replacement(tokenizer):
    decoder = tokenizer.stream_decoder()
    first, second, third = tokenizer.encode("鑫")
    assert decoder.push(first) == decoder.push(second) == ""
    assert decoder.push(third) == "鑫" and decoder.finish() == ""
    decoder.push(first)
    assert decoder.finish() == "�"


# ---- 交换编号 ----


def test_with_ids_trades_places_and_keeps_the_segmentation(tokenizer, texts):
    old, other = tokenizer.id("机器学习"), tokenizer.token(300)
    moved = tokenizer.with_ids({"机器学习": 300, "是": 310})
    assert moved.id("机器学习") == 300 and moved.id("是") == 310 and moved.id(other) == old
    assert moved.vocab_size == tokenizer.vocab_size
    tokens = {tokenizer.token(id) for id in range(tokenizer.vocab_size)}
    assert {moved.token(id) for id in range(moved.vocab_size)} == tokens
    assert tokenizer.id("机器学习") == old  # 原来的分词器没有变
    assert moved.fingerprint != tokenizer.fingerprint
    for text in [*texts, "机器学习是鑫 the cat 2024"]:
        before, after = tokenizer.encode(text), moved.encode(text)
        assert [tokenizer.token(id) for id in before] == [moved.token(id) for id in after]
        assert moved.decode(after) == text


def test_with_ids_in_a_cycle(tokenizer):
    """后面的交换碰到前面换过的：每个点名的 token 最后都在要求的位置。"""
    a, b = tokenizer.token(300), tokenizer.token(301)
    moved = tokenizer.with_ids({a: 301, b: 300})
    assert (moved.id(a), moved.id(b)) == (301, 300)
    assert tokenizer.with_ids({}).fingerprint == tokenizer.fingerprint


@pytest.mark.parametrize("places", [
    {"没有这个词": 300}, {"是": 10**6}, {"是": 5}, {"是": 100}, {"<eos>": 300}, {"<0x41>": 300},
])  # fmt: skip
def test_with_ids_refuses(tokenizer, places):
    with pytest.raises(InputError):
        tokenizer.with_ids(places)


# ---- 一个字符一个 token ----


def test_char_tokenizer():
    trained = Tokenizer.train_char(["小猫看鱼\n", "a b\r\n"])
    assert trained.kind == "char" and trained.vocab_size == 8 + len(set("小猫看鱼\na b\r"))
    text = "小鱼看猫\r\nb a\n"
    ids = trained.encode(text)
    assert len(ids) == len(text) and trained.decode(ids) == text
    assert trained.encode("小狗") == [trained.id("小"), UNK]
    assert trained.decode(trained.encode("小狗")) == "小"


@given(st.lists(characters, min_size=1).map("".join))
def test_char_tokenizer_round_trips_what_it_has_seen(text):
    trained = Tokenizer.train_char([text])
    ids = trained.encode(text, eos=True)
    assert trained.decode(ids) == text and len(ids) == len(text) + 1


def test_kind(tokenizer):
    assert tokenizer.kind == "bpe"


# ---- 文件 ----


@pytest.mark.parametrize("kind", ["bpe", "char"])
def test_save_and_load(tokenizer, texts, tmp_path, kind):
    original = tokenizer if kind == "bpe" else Tokenizer.train_char(texts)
    path = tmp_path / "new" / "tokenizer.json"
    original.save(path)
    loaded = Tokenizer.load(path)
    assert loaded.fingerprint == original.fingerprint and loaded.kind == kind
    assert loaded.encode_batch(texts) == original.encode_batch(texts)
    assert "机" in path.read_text(encoding="utf-8") and b"\r" not in path.read_bytes()  # 人也读得懂


@given(unicode_text)
def test_hugging_face_reads_the_file_and_encodes_equally(hugging_face, tokenizer, text):
    assert hugging_face.encode(text, add_special_tokens=False).ids == tokenizer.encode(text)
    assert hugging_face.encode(text).ids == tokenizer.encode(text)


@pytest.fixture(scope="module")
def hugging_face(tokenizer, tmp_path_factory):
    path = tmp_path_factory.mktemp("hf") / "tokenizer.json"
    tokenizer.save(path)
    return tokenizers.Tokenizer.from_file(str(path))


def test_hugging_face_decodes_valid_text(hugging_face, tokenizer):
    text = "机器学习是鑫 the cat\n2024"
    assert hugging_face.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"model": {}}', b"\xff\xfe\x00", b"\x80\x04pickle"])
def test_bad_files(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match="tokenizer.json"):
        Tokenizer.load(path)


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "no.json", tmp_path):
        with pytest.raises(InputError, match="没有"):
            Tokenizer.load(path)


def test_a_foreign_tokenizer_is_refused(tmp_path):
    foreign = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0, "b": 1}, unk_token="a"))
    foreign.save(str(tmp_path / "t.json"))
    with pytest.raises(InputError, match="排法"):
        Tokenizer.load(tmp_path / "t.json")


def test_a_gap_in_the_ids_is_refused(tokenizer, tmp_path):
    path = tmp_path / "t.json"
    tokenizer.save(path)
    state = json.loads(path.read_text(encoding="utf-8"))
    state["model"]["vocab"]["是"] = 5000
    path.write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(InputError, match="编号有空缺"):
        Tokenizer.load(path)
