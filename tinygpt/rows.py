"""一行数据 → 文字，或几轮问答。

别人的数据各有各的写法，这里是唯一的一张对照表，train 与 finetune 都照它读：

    {"text": "…"}                                          文字；字段可以用 --field 另指
    "…"、["第一行", "第二行"]                                 文字；列表的各行用换行接起来
    {"prompt": "…", "answer": "…"}                         一问一答；名字见 ASKS 与 ANSWERS
    {"instruction": "…", "input": "…", "output": "…"}      一问一答（alpaca）：input 接在问题后面；有
                                                           history 就是更早的几轮，system 写在最前面
    {"conversations": [{"from": "human", "value": "…"}, …]}     几轮（ShareGPT）
    {"messages": [{"role": "user", "content": "…"}, …]}         几轮（minimind、OpenAI）；content 也可以是
                                                           [{"type": "text", "text": "…"}]
    null、NaN、{}、空的文字                                    没有内容，跳过

接在一起时都用换行（交给模板时，问题里的换行变成空格）。这里不知道文件，source 只用于报错。
"""

import contextlib
import math
from collections.abc import Callable, Iterator

from tinygpt.errors import InputError, require
from tinygpt.template import Template

ASKS = ("prompt", "instruction", "question", "query", "human", "user", "问", "问题", "指令", "input")
ANSWERS = (
    "answer", "output", "response", "completion", "reply", "target", "assistant", "答", "回答", "答案",
)  # fmt: skip
TALKS = ("conversations", "messages", "conversation", "dialogue")
SAYS = (("role", "content"), ("from", "value"))  # 一句话：谁说的在哪个字段，说的在哪个字段
ROLES = {
    "user": "问", "human": "问", "用户": "问", "assistant": "答", "gpt": "答", "model": "答", "bot": "答",
    "助手": "答", "system": "system", "系统": "system",
}  # fmt: skip
NAMES = {*ASKS, *ANSWERS, *TALKS, "text", "split", "system", "history"}
PAIRED = (  # 问答的几种写法
    '{"prompt": "…", "answer": "…"}、{"instruction": "…", "input": "…", "output": "…"}、'
    '{"conversations": [{"from": "human", "value": "…"}, {"from": "gpt", "value": "…"}]} 或 '
    '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'
)
SHAPES = '{"text": "…"}、' + PAIRED
BY_ROWS = 'df.to_json("新.jsonl", orient="records", lines=True, force_ascii=False)'  # pandas：一行一个对象
Turns = tuple[tuple[str, str], ...]


def text_of(row, source: str, field: str = "text", template: Template | None = None) -> tuple[str, bool]:
    """（文字，是不是问答）。field 里有文字就是它；否则按表读成问答，用模板写出来。没有内容的是空的文字。"""
    if is_blank(row):
        return "", False
    value = row.get(field) if isinstance(row, dict) else row
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "\n".join(value)
    if isinstance(value, str):
        return one_newline(value), False
    turns = turns_of(row, source, field)
    if turns is not None:
        return (template or Template()).write(turns), True
    if isinstance(row, dict) and field in row and is_blank(value):
        return "", False
    raise InputError(f"{source} {_what(row, field)}", SHAPES, _fix(row, field))


def turns_of(row, source: str, field: str = "text") -> Turns | None:
    """几轮（问，答）；不是问答就是 None，是问答而写得不完整就报 InputError。"""
    if is_talk(row):
        return _talk(row, source)
    if not isinstance(row, dict):
        return None
    named = next((name for name in (*TALKS, field) if is_talk(row.get(name))), None)
    if named:
        return _with_system(row.get("system"), _talk(row[named], f"{source} 的 {named}"), source)
    ask = next((name for name in ASKS if name in row), None)
    answer = next((name for name in ANSWERS if name in row), None)
    if ask is None or answer is None:
        return None
    return _pair(row, ask, answer, source)


def is_blank(row) -> bool:
    """null、NaN、{}、[]、空白的文字：没有内容。"""
    return row is None or row == {} or row == [] or row != row or isinstance(row, str) and not row.strip()


def is_talk(value) -> bool:
    """是不是一个由“谁说了什么”组成的列表。"""
    return isinstance(value, list) and bool(value) and all(map(is_saying, value))


def is_saying(value) -> bool:
    return isinstance(value, dict) and any(who in value and said in value for who, said in SAYS)


def one_newline(text: str) -> str:
    """换行统一成 \\n。"""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(value, source: str, name: str) -> str:
    """问或答里的一段：文字照读，几块文字接起来，null 是空的，别的类型报错。"""
    if isinstance(value, list) and all(isinstance(part, dict) for part in value):
        texts = [part.get("text") for part in value]
        value = "\n".join(texts) if all(isinstance(text, str) for text in texts) else value
    value = "" if is_blank(value) else value
    good, example = isinstance(value, str), f'写成文字：{{"{name}": {_quoted(value)}}}{_by_rows(value)}'
    require(good, f"{source} 的 {name!r} 里是{kind(value)}，不是文字", f'"{name}": "…"', example)
    return one_newline(value).strip()


def _pair(row: dict, ask: str, answer: str, source: str) -> Turns:
    parts = [_text(row[ask], source, ask)]
    if "input" in row and ask != "input":
        parts.append(_text(row["input"], source, "input"))
    prompt, reply = "\n".join(filter(None, parts)), _text(row[answer], source, answer)
    earlier, history = [], row.get("history") or []
    for turn in history if isinstance(history, list) else [history]:
        both = isinstance(turn, list) and len(turn) == 2
        found = f"{source} 的 'history' 里有{kind(turn)}，不是两段一组"
        require(both, found, '"history": [["问", "答"], …]', "改成一问一答两段一组")
        earlier.append(tuple(_text(part, source, "history") for part in turn))
    turns = (*earlier, (prompt, reply))
    for prompt, reply in turns:
        require(prompt, f"{source} 的问（{ask!r}）是空的", "至少一个字", "补上问题")
        require(reply, f"{source} 的答（{answer!r}）是空的", "至少一个字", "补上回答：空的回答没有可学的")
    return _with_system(row.get("system"), turns, source)


def _talk(sayings: list, source: str) -> Turns:
    """一句一句的 → 一轮一轮的。同一个人连着说的几句用换行接起来。"""
    said, system = [], ""
    for number, saying in enumerate(sayings, start=1):
        who, what = next(pair for pair in SAYS if set(pair) <= saying.keys())
        place = f"{source} 第 {number} 句"
        name = saying[who][:40] if isinstance(saying[who], str) else kind(saying[who])
        role, text = ROLES.get(name), saying[what]
        expected = "user / human、assistant / gpt、system"
        fix = "改成这几个名字之一；工具调用之类的几句，并进前后的问或答里"
        require(role, f"{place} 的 {who!r} 是 {name!r}", expected, fix)
        text = _text(text, place, what)
        if role == "system":
            system = f"{system}\n{text}".strip()
        elif said and said[-1][0] == role:
            said[-1] = (role, f"{said[-1][1]}\n{text}")
        else:
            said.append((role, text))
    fix = '补上缺的一句，例如 {"role": "user", "content": "…"} 或 {"role": "assistant", "content": "…"}'
    require(said and said[0][0] == "问", f"{source} 不是从问开始的", "第一句是 user 或 human 说的", fix)
    require(said[-1][0] == "答", f"{source} 的最后一问没有回答", "最后一句是 assistant 或 gpt 说的", fix)
    for role, text in said:
        require(text, f"{source} 里有一句空的{role}", "每句至少一个字", "补上这一句")
    texts = [text for _, text in said]
    return _with_system(system, tuple(zip(texts[::2], texts[1::2], strict=True)), source)


def _with_system(system, turns: Turns, source: str) -> Turns:
    """system 写在第一个问题前面。"""
    first = "\n".join(filter(None, (_text(system, source, "system"), turns[0][0])))
    return ((first, turns[0][1]), *turns[1:])


def each(rows: Iterator[tuple], read: Callable) -> Iterator[tuple]:
    """把 rows 的每一行 (行, 它在哪里, …) 用 read(行, 它在哪里) 读成一个值，交出 (值, 它在哪里, …)。

    一行读不成：余下的各行也试一遍，报错时说出一共有几行读不成，免得改一行再试一次。
    """
    for row, source, *rest in rows:
        try:
            value = read(row, source)
        except InputError as error:
            raise _with_total(error, rows, read) from error
        yield value, source, *rest


def _with_total(error: InputError, rows: Iterator[tuple], read: Callable) -> InputError:
    count = 1
    with contextlib.suppress(InputError):  # 文件从哪里起拆不成行，就数到哪里
        for row, source, *_ in rows:
            try:
                read(row, source)
            except InputError:
                count += 1
    total = f"（读不成的一共 {count:,} 处）" if count > 1 else ""
    return InputError(error.found + total, error.expected, error.fix)


def kind(value) -> str:
    """一个 JSON 值是什么，用中文说。"""
    names = {dict: "一个对象", list: "一个列表", str: "文字", bool: "真假值", type(None): "空（null）"}
    return names.get(type(value), "一个数")


def _quoted(value) -> str:
    """一个数该怎样写成文字；别的值只说要引号。"""
    number = type(value) in (int, float) and math.isfinite(value)
    return f'"{value}"' if number else '"…"'


def _what(row, field: str) -> str:
    if not isinstance(row, dict):
        return f"是{kind(row)}，没有文字字段 {field!r}"
    if field in row:
        return f"的字段 {field!r} 里是{kind(row[field])}，不是文字"
    return f"没有文字字段 {field!r}，有的是：" + "、".join(f"{name}（{kind(v)}）" for name, v in row.items())


def _fix(row, field: str) -> str:
    """怎么办：文字最多的那个字段，多半就是要找的。"""
    if not isinstance(row, dict):
        return f'每行写成上面的一种，例如 {{"text": {_quoted(row)}}}'
    if field in row:
        value = row[field]
        return f'改成 {{"{field}": {_quoted(value)}}}，或用 --field 指出文字在哪个字段{_by_rows(value)}'
    most = max(row, key=lambda name: len(str(row[name])))
    value = row[most]
    if isinstance(value, str) and value.lstrip().startswith(("[{", '{"')):
        return f"{most!r} 里的文字其实是 JSON：先用 json.loads 解开，再写成上面的一种"
    if isinstance(value, str) or is_talk(value):
        return f"文字若在 {most!r} 里，加上 --field {most}；要把几个字段合成一篇，改成上面的一种"
    if isinstance(value, list) and value and all(isinstance(item, dict) and item for item in value):
        inner = max(value[0], key=lambda name: len(str(value[0][name])))
        whole = "整个文件就是这一项的，把这个列表单独存成一个 .json"
        return f"文字多半在 {most!r} 各项的 {inner!r} 里：取出来接成一篇，写成上面的一种；{whole}"
    return f"文字多半在 {most!r}（{kind(value)}）里：写成上面的一种{_by_rows(value)}"


def _by_rows(value) -> str:
    """值像是一整列（列表，或以行号为名的对象），就说怎样换成一行一行的。"""
    column = isinstance(value, list) or isinstance(value, dict) and value and all(map(str.isdigit, value))
    return f"。像是一列一列存的表，pandas 里这样存成一行一行的：{BY_ROWS}" if column else ""
