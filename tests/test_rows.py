"""records.py、rows.py、template.py：别人的数据怎样读成文字与问答；读不了的，说出在哪里、怎样改。"""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt import records
from tinygpt.commands.finetune import read_talks
from tinygpt.errors import InputError
from tinygpt.notes import Notes
from tinygpt.records import read_records
from tinygpt.rows import text_of, turns_of
from tinygpt.template import Template
from tinygpt.text import read_passages, read_rows

TALK = [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "你好！"}]
SHARE = [{"from": "human", "value": "你好"}, {"from": "gpt", "value": "你好！"}]
MORE = [{"role": "user", "content": "再见"}, {"role": "assistant", "content": "再见。"}]
PARTS = [{"type": "text", "text": "你"}, {"type": "text", "text": "好"}]
ONE, TWO = (("你好", "你好！"),), (("你好", "你好！"), ("再见", "再见。"))


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def rows_in(path):
    with path.open(encoding="utf-8") as file:
        return list(read_records(file, path))


def refused(row, **options):
    with pytest.raises(InputError) as caught:
        turns_of(row, "a.jsonl 第 7 行", **options)
    assert caught.value.found.startswith("a.jsonl 第 7 行") and caught.value.expected and caught.value.fix
    return str(caught.value)


# ---- 一行的写法 ----


@pytest.mark.parametrize(("row", "turns"), [
    ({"prompt": "你好", "answer": "你好！"}, ONE), ({"question": "你好", "response": "你好！"}, ONE),
    ({"问": "你好", "答": "你好！"}, ONE), ({"input": "你好", "output": "你好！"}, ONE),
    ({"instruction": "你好", "input": "", "output": "你好！"}, ONE),
    ({"instruction": "翻译", "input": "猫", "output": "cat"}, (("翻译\n猫", "cat"),)),
    ({"instruction": "你好", "input": None, "output": "你好！", "history": []}, ONE),
    ({"instruction": "再见", "output": "再见。", "history": [["你好", "你好！"]]}, TWO),
    ({"instruction": "你好", "output": "你好！", "system": "要客气"}, (("要客气\n你好", "你好！"),)),
    ({"conversations": SHARE}, ONE), ({"conversations": TALK}, ONE), ({"messages": TALK + MORE}, TWO),
    (TALK, ONE), ({"messages": [{"role": "system", "content": "客气"}, *TALK]}, (("客气\n你好", "你好！"),)),
    ({"messages": [TALK[0], TALK[0], TALK[1]]}, (("你好\n你好", "你好！"),)),  # 同一个人连着说的接起来
    ({"prompt": " 你好\r\n", "answer": "一\r\n二"}, (("你好", "一\n二"),)),
    ({"kind": "闲谈", "input": "你好", "target": "你好！"}, ONE),
    ({"human": "你好", "assistant": "你好！"}, ONE),
    ({"messages": [{"role": "user", "content": PARTS}, TALK[1]]}, (("你\n好", "你好！"),)),
    ({"system": "要客气", "conversations": SHARE}, (("要客气\n你好", "你好！"),)),
    ({"text": "一篇"}, None), ("一篇", None), ({"prompt": "只有问"}, None), (3, None),
])  # fmt: skip
def test_rows_as_people_have_them(row, turns):
    assert turns_of(row, "a") == turns


def test_a_field_may_hold_the_talk():
    assert turns_of({"dialog_list": TALK}, "a", field="dialog_list") == ONE
    assert turns_of({"dialog_list": TALK}, "a") is None


@pytest.mark.parametrize(("row", "text", "chat"), [
    ({"text": "一\r\n二"}, "一\n二", False), ("一", "一", False), (["一", "二"], "一\n二", False),
    ({"text": ["一", "二"]}, "一\n二", False), ({"text": "文", "prompt": "问", "answer": "答"}, "文", False),
    ({"prompt": "你好\n吗", "answer": "你好！"}, "问：你好 吗\n答：你好！", True),
    ({"messages": TALK + MORE}, "问：你好\n答：你好！\n问：再见\n答：再见。", True),
    *((row, "", False) for row in (None, {}, {"text": None}, {"text": ""}, [], {"text": float("nan")})),
])  # fmt: skip
def test_text_for_pretraining(row, text, chat):
    assert text_of(row, "a") == (text, chat)


BAD = [
    ({"prompt": "", "answer": "好"}, "空的"), ({"prompt": "好", "answer": " "}, "空的"),
    ({"prompt": 5, "answer": "好"}, '"prompt": "5"'), ({"prompt": ["好"], "answer": "好"}, "一个列表"),
    ({"conversations": [SHARE[1]]}, "不是从问开始"), ({"conversations": [SHARE[0]]}, "没有回答"),
    ({"messages": [{"role": "tool", "content": "x"}, *TALK]}, "第 1 句的 'role' 是 'tool'"),
    ({"messages": [{"role": None, "content": "x"}, *TALK]}, "第 1 句的 'role' 是 '空（null）'"),
    ({"messages": [{"role": "user", "content": [1]}, TALK[1]]}, "第 1 句的 'content' 里是一个列表"),
    ({"messages": [TALK[0], {"role": "assistant", "content": None}]}, "空的"),
    ({"instruction": "好", "output": "好", "history": "早"}, "history"),
    ({"instruction": "好", "output": "好", "history": [["早"]]}, "history"),
    ({"instruction": "好", "output": "好", "system": 3}, "system"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "word"), BAD)
def test_a_bad_talk_is_named(row, word):
    assert word in refused(row).replace("的 messages", "").replace("行 第", "行第").replace("句 的", "句的")


@pytest.mark.parametrize(("row", "field", "words"), [
    ({"title": "题", "n": 3}, "text", ["没有文字字段 'text'", "title（文字）", "n（一个数）", "--field"]),
    ({"text": 5}, "text", ["字段 'text' 里是一个数", '{"text": "5"}']),
    ({"text": {"a": 1}}, "text", ["字段 'text' 里是一个对象"]), (5, "text", ["是一个数", '{"text": "5"}']),
    ({"text": "在", "body": True}, "body", ["字段 'body' 里是真假值"]),
    ({"text": [1, 2]}, "text", ["字段 'text' 里是一个列表"]), (True, "text", ["是真假值"]),
    ({"qid": "q_1", "title": "一问", "answer": "很长的回答，文字最多。"}, "text", ["--field answer；"]),
    ({"id": "1", "items": SHARE}, "text", ["--field items；"]),
    ({"名": "a.txt", "段落": [{"行号": 0, "内容": "一段文字。"}]}, "text", ["'段落' 各项的 '内容' 里"]),
    ({"version": "1", "data": [{"text": "一"}, {"text": "二"}]}, "text", ["把这个列表单独存成一个 .json"]),
    ({"id": 1, "chat": {"turn_1": {"Human": "早", "MOSS": "早上好"}}}, "text", ["'chat'（一个对象）"]),
    ({"text": {"0": "一", "1": "二"}}, "text", ["一列一列", 'orient="records"']),
    ({"instruction": ["一", "二"], "output": ["三", "四"]}, "text", ["'instruction'", 'orient="records"']),
])  # fmt: skip
def test_the_message_never_contradicts_itself(row, field, words):
    with pytest.raises(InputError) as caught:
        text_of(row, "a.jsonl 第 7 行", field)
    message = str(caught.value)
    assert message.startswith("a.jsonl 第 7 行") and all(word in message for word in words), message
    assert "删去这一行" not in message and ("prompt" in message or "instruction" in message)


# ---- 文件的排法 ----

ROWS = [{"text": "一"}, {"text": "二\n三"}, {"text": "四", "n": [{"a": "]"}]}]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize("content", [
    lines(*ROWS), json.dumps(ROWS, ensure_ascii=False), json.dumps(ROWS, ensure_ascii=False, indent=2),
    "\n\n" + lines(*ROWS) + "\n", lines(ROWS[:2], ROWS[2:]), lines(ROWS[0]) + "\n" + lines(ROWS[1:]),
    "".join(json.dumps(row, ensure_ascii=False, indent=2) + "\n" for row in ROWS), "[" + lines(ROWS)[1:],
    json.dumps(ROWS).replace("}, {", "},\n{"),
    "".join(json.dumps(row) for row in ROWS), lines(*ROWS).replace("}\n", "},\n"),  # 一行几个；行末多了逗号
    json.dumps(ROWS)[:-1] + ",\n]", json.dumps(ROWS, ensure_ascii=False).replace("\\n", "\n"),  # 引号里换了行
    lines(*ROWS).replace("\\n", "\n"),
])  # fmt: skip
@pytest.mark.parametrize("piece", [1, 7, 1 << 18])
def test_the_layout_inside_counts_not_the_suffix(tmp_path, monkeypatch, name, content, piece):
    """JSON lines 存成 .json，列表存成 .jsonl，一个对象占几行：读出的都一样，缓冲区切在哪里也一样。"""
    monkeypatch.setattr(records, "PIECE", piece)
    assert [row for row, _ in rows_in(write(tmp_path / name, content))] == ROWS


def test_talks_and_lines_in_a_list_stay_together(tmp_path):
    path = write(tmp_path / "a.jsonl", lines(TALK, ["一", "二"], [{"text": "三"}, {"text": "四"}]))
    assert [row for row, _ in rows_in(path)] == [TALK, ["一", "二"], {"text": "三"}, {"text": "四"}]
    places = [place.partition(" ")[2] for _, place in rows_in(path)]
    assert places == ["第 1 行", "第 2 行", "第 3 行 第 1 项", "第 3 行 第 2 项"]


def test_places_are_right(tmp_path):
    """.json 的一项从第几行起；错在第几行。"""
    path = write(tmp_path / "a.json", json.dumps(ROWS, ensure_ascii=False, indent=1))
    places = [source.rpartition("（")[2] for _, source in rows_in(path)]
    assert places == ["第 2 行起）", "第 5 行起）", "第 8 行起）"]
    with pytest.raises(InputError, match="第 2 项（第 3 行起）"):
        rows_in(write(path, '[\n{"text": "一"},\n{"text": 坏}\n]'))


DEEP = "[" * 100_000


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize(("bad", "word"), [
    (DEEP + "]" * 100_000, "套得太深"), ('{"text": ' + DEEP + "]" * 100_000 + "}", "套得太深"),
    ('{"text": "一"', "JSON"), ("{'text': '一'}", "JSON"),
    ("坏", "JSON"), ("5", "一个数"),
])  # fmt: skip
def test_a_bad_row_is_named_by_file_and_line(tmp_path, name, bad, word):
    path = write(tmp_path / name, lines(ROWS[0]) + "\n" + bad + "\n" + lines(ROWS[0]))
    with pytest.raises(InputError, match=word) as caught:
        list(read_passages([path]))
    assert name in caught.value.found and "第 3 行" in caught.value.found, caught.value.found[:200]
    assert "删去这一行" not in str(caught.value)


REASONS = [
    ("{'text': '一'}", "单引号"), ("{“text”: “一”}", "弯引号"), ('// 注释\n{"text": "一"}', "注释"),
    ('{"text": "一",}', "逗号"), ('{"text": None}', "Python 的写法"), ('{"text": "他说"好"。"}', '\\"'),
    ('{"text": "C:\\用户"}', "反斜杠"), ('{"text" "一"}', "冒号"), ("<!DOCTYPE html>\n<html>", "网页"),
    ("从前有一条小河，河边住着一只小猫。", ".txt"), ('{"text": "一", "text": "二"}', "'text' 重复了"),
]  # fmt: skip
CUT = [('{"text": "一', "没有收尾"), ('{"text": ', "断了")]  # 后面再有别的行，就是引号里换了行


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize(
    ("bad", "word", "more"),
    [(*case, more) for case in REASONS for more in (0, 3)] + [(*case, 0) for case in CUT],
)
def test_the_reason_is_said_in_words(tmp_path, name, bad, word, more):
    """JSON 写错了：说出在哪一行、多半是什么，一个英文的词也没有；后面还有没有别的行都一样。"""
    path = write(tmp_path / name, lines(ROWS[0]) + bad + "\n" + lines(*[ROWS[0]] * more))
    with pytest.raises(InputError) as caught:
        rows_in(path)
    message = str(caught.value)
    assert word in message and "第 2 行" in caught.value.found, message
    assert not re.search("Expecting|Extra|Invalid|Unterminated|Repeated", message)


def test_a_key_written_twice_alike_is_read(tmp_path):
    assert rows_in(write(tmp_path / "a.jsonl", '{"id": 1, "text": "一", "id": 1}'))[0][0]["text"] == "一"


def test_all_the_bad_rows_are_counted(tmp_path):
    rows = [{"instruction": "问", "output": "" if i % 10 == 3 else "答"} for i in range(40)]
    with pytest.raises(InputError, match="第 4 行.*一共 4 处"):
        list(read_passages([write(tmp_path / "a.jsonl", lines(*rows))]))
    with pytest.raises(InputError, match="第 4 行.*一共 4 处"):
        read_talks([tmp_path / "a.jsonl"], Notes())


def test_an_integer_of_five_thousand_digits_is_read(tmp_path):
    path = write(tmp_path / "a.jsonl", lines(ROWS[0]) + '{"id": ' + "9" * 5000 + ', "text": "编号很大"}\n')
    assert [p.text for p in read_passages([path])] == ["一", "编号很大"]


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["一", "", "user", "\ud83d"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["text", "prompt", "answer", "input", "messages", "role", "content", "history"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(JSONISH, max_size=4), st.sampled_from(["a.json", "a.jsonl", "a.csv"]), st.data())
def test_any_rows_are_read_or_refused_in_words(tmp_path_factory, rows, name, data):
    """什么样的 JSON、坏在哪里，都是读出来或者 InputError，没有别的错误。"""
    text = data.draw(st.sampled_from([json.dumps(rows), lines(*rows).encode("utf-8", "replace").decode()]))
    text = text[: data.draw(st.integers(0, len(text)))] + data.draw(st.sampled_from(["", "]", "}", '"']))
    path = write(tmp_path_factory.mktemp("rows") / name, text)
    try:
        for row, source, _ in read_rows([path]):
            turns_of(row, source)
            text_of(row, source)
    except InputError as error:
        assert re.search("[一-龥]", str(error))


@pytest.mark.parametrize("depth", [50, 400, 900, 5000])
@pytest.mark.parametrize("wrap", ["{}", '{{"text": {}}}', '{{"prompt": "一", "answer": "二", "history": {}}}',
                                  '{{"messages": [{{"role": {}, "content": "一"}}]}}'])  # fmt: skip
def test_deep_rows_are_refused_in_words(tmp_path, wrap, depth):
    path = write(tmp_path / "a.jsonl", wrap.format("[" * depth + "1" + "]" * depth) + "\n")
    with pytest.raises(InputError, match="第 1 行"):
        for row, source, _ in read_rows([path]):
            text_of(row, source)


# ---- CSV ----


@pytest.mark.parametrize(("name", "content", "wanted"), [
    ("a.csv", "prompt,answer\n你好,你好！\n", [{"prompt": "你好", "answer": "你好！"}]),
    ("a.csv", "你好,早\n一,二\n", [{"prompt": "你好", "answer": "早"}, {"prompt": "一", "answer": "二"}]),
    ("a.csv", 'Instruction,Input,Output\n翻译,"猫,狗","cat\ndog"\n',
     [{"instruction": "翻译", "input": "猫,狗", "output": "cat\ndog"}]),
    ("a.tsv", "问题\t答案\n你好\t你,好\n\n", [{"问题": "你好", "答案": "你,好"}]),
    ("a.csv", "一句\n又一句\n", [{"text": "一句"}, {"text": "又一句"}]),
    ("a.csv", 'id,text,日期\n1,"他说""好""",今天\n', [{"id": "1", "text": '他说"好"', "日期": "今天"}]),
    ("a.csv", "id;text\n1;好，好, 好\n", [{"id": "1", "text": "好，好, 好"}]),  # 欧洲的 Excel
    ("a.csv", "id\ttext\n1\t一;二\n", [{"id": "1", "text": "一;二"}]),  # 存成 .csv 的“Unicode 文本”
    ("a.tsv", "id,text\n1,一\n", [{"id": "1", "text": "一"}]),
    ("a.csv", "sep=;\n\nid;text\n1;一\n", [{"id": "1", "text": "一"}]),
    ("a.csv", f"text\n{'长' * 200_000}\n", [{"text": "长" * 200_000}]),
])  # fmt: skip
def test_csv(tmp_path, name, content, wanted):
    assert [row for row, _ in rows_in(write(tmp_path / name, content))] == wanted


@pytest.mark.parametrize(("content", "line", "word"), [
    ("一,二,三\n", 1, "列名"), ("prompt,answer\n你好,你,好\n", 2, "有 3 格"),
    ("prompt,answer\n只有问\n", 2, "有 1 格"),
    ('prompt,answer\n你好,"没有收尾\n', 2, "双引号不成对"), ("sep=,\nprompt,answer\n只有问\n", 3, "有 1 格"),
    ("你好,你好！\n一,二,三\n", 2, "双引号"),
])  # fmt: skip
def test_bad_csv_is_named(tmp_path, content, line, word):
    with pytest.raises(InputError, match=word) as caught:
        rows_in(write(tmp_path / "a.csv", content))
    assert f"a.csv 第 {line} 行" in caught.value.found


def test_csv_from_excel_in_gbk(tmp_path):
    content = "prompt,answer\r\n" + "你好吗,我很好，谢谢你。\r\n" * 20
    path = write(tmp_path / "a.csv", content.encode("gbk"))
    wanted = {"prompt": "你好吗", "answer": "我很好，谢谢你。"}
    assert [row for row, _, _ in read_rows([path])] == [wanted] * 20


def test_text_is_no_rows(tmp_path):
    with pytest.raises(InputError, match="不是问答"):
        list(read_rows([write(tmp_path / "a.txt", "从前")]))


# ---- 模板 ----


def test_the_template_has_three_parts():
    template = Template("用户：{prompt}\\n助手：{answer}")
    assert (template.before, template.between, template.stop) == ("用户：", "\n助手：", "\n用")
    assert template.ask("你\n好") == "用户：你 好\n助手："
    assert Template("{prompt} → {answer}").stop is None
    assert Template("中文{{}}：{prompt}=>{answer}").ask("{answer}") == "中文{{}}：{answer}=>"


@pytest.mark.parametrize("text", [
    "", "{prompt}", "{answer}：{prompt}", "{prompt}{answer}", "{prompt}\n{answer}", "{prompt}：{answer}。",
    "{prompt}{prompt}：{answer}", "问：{question}\n答：{answer}",
])  # fmt: skip
def test_bad_templates_are_refused(text):
    with pytest.raises(InputError, match="模板"):
        Template(text)
