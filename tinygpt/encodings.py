"""一个文件是什么编码。

这里会猜，猜不准就停下来问，绝不把乱码悄悄拿去训练。怎样解码在 decoding.py。

怎样猜：有 BOM 的照办；整个文件都是合法的 UTF-8 就是 UTF-8。否则按 GB18030、Big5、UTF-16、UTF-32 各解一遍，
看哪个像中文：最常用的几百个字与标点，占非 ASCII 字符的多少。读对了是五成到九成，读错了（乱码、日文、
韩文、俄文）不到三成。
"""

import codecs
import re
from collections import Counter
from pathlib import Path

from tinygpt.decoding import bad_share, decoded, first_bad, open_bytes, others
from tinygpt.errors import InputError, require
from tinygpt.formats import LONGEST_HEAD, by_head

ENOUGH = 20_000  # 看这么多个字就够了
LIKELY = 0.4  # 常用字与标点占到这么多，就像中文
FEW = 0.05  # 坏处不到这么多，还算是这种编码
WINDOW, MIXED = 400, 0.12  # 一段这么长；常用字与标点少到这样，这一段就是乱码
EXPECTED = "UTF-8、UTF-16、GB18030 或 Big5 编码的文本"
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
WIDE = ("utf-16", "utf-32")  # ASCII 也不止一个字节的
GUESSES = ("gb18030", "big5hkscs", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
WIDER = {  # 使用者写的名字 → 含得下它的编码
    "utf-8": "utf-8-sig", "gbk": "gb18030", "gb2312": "gb18030", "big5": "big5hkscs",
    "shift_jis": "cp932", "euc_kr": "cp949",
}  # fmt: skip
CONTROLS = bytes({*range(9), *range(14, 32)} - {0x1A, 0x1B})  # 文本里没有的控制字符
# 读不成中文时的提示：（编码，名字，这种文字的字符，占多少才像，至少几个才作数）
HINTS = (
    ("cp932", "日文 Shift_JIS", "[ぁ-ゖァ-ヺー]", 0.3, 12),
    ("euc_jp", "日文 EUC-JP", "[ぁ-ゖァ-ヺー]", 0.3, 12),
    ("cp949", "韩文 EUC-KR", "[가-힣]", 0.8, 12),
    ("cp1251", "俄文 Windows-1251", "(?<=[А-яё])[а-яё]", 0.6, 12),
    ("cp932", "日文 Shift_JIS（半角片假名）", "[ｦ-ﾟ]", 0.8, 12),
    ("cp1252", "西欧文字 Windows-1252（弯引号 ’ 之类）", "[à-ÿ‘-”–—…]", 0.6, 1),
)  # fmt: skip
SEVEN_BIT = {  # 只用 ASCII 字节写中日文的老办法：看上去是合法的 UTF-8
    "iso2022_jp": re.compile(r"\x1b\$[@B].+?\x1b\([BJ]"), "hz": re.compile(r"~\{(?:[!-~]{2})+~\}"),
    "utf_7": re.compile(r"\+[A-Za-z0-9+/]{3,}-?"),
}  # fmt: skip
MISREAD = (("gb18030", "utf-8"), ("big5hkscs", "utf-8"), *(("latin-1", e) for e in ("utf-8", *GUESSES[:2])))
WINDOWS = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"  # Windows-1252 比 Latin-1 多的字

# 现代汉语最常用的三百多个字（次序大致照笪骏《现代汉语单字频率列表》，lingua.mtsu.edu/chinese-computing）、
# 它们的繁体、几个文言的虚字，再加标点。
FAMILIAR = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然"
    "家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把"
    "机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果"
    "加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔"
    "更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展"
    "马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共"
    "確傳師觀清今切院讓識候帶導爭運确传师观让识带导争运這個們來為國說時會對於後裡過發當沒動還進樣種經無與長機關點業"
    "將兩間應戰頭體見產話給門東員論處義幾認條氣題爾變總電數報結務場計資許統區隊書聽難權記類據張該規萬覺術領學開實從"
    "軍裏現麼爲曰乎矣焉哉亦若故謂凡吾，。、；：？！“”‘’（）《》〈〉「」『』【】—…·\u3000－～"
)


def likeness(text: str, wide: bool = False) -> float:
    """像不像中文，0 到 1。wide（UTF-16、UTF-32）：ASCII 也算常用的字；别的编码里 ASCII 都一样，不算。"""
    counts = Counter(text)
    total = len(text) if wide else others(text)
    familiar = sum(n for c, n in counts.items() if c in FAMILIAR or wide and (c in "\r\n" or " " <= c <= "~"))
    return familiar / total if total >= 4 else 0.0


def _sample(path: Path, encoding: str) -> str:
    """从第一块有非 ASCII 字符的起（UTF-16、UTF-32 从头起），读到看得够了为止。"""
    found, enough = [], ENOUGH
    for text in decoded(path, encoding):
        if size := len(text) if encoding.startswith(WIDE) else others(text):
            found.append(text)
            enough -= size
        if enough <= 0:
            break
    return "".join(found)


def detect_encoding(path: Path) -> str:
    """文件的编码（Python 里的名字）；看不出来、中间有坏字节、不是文本，都报错。"""
    with open_bytes(path) as file:
        head = file.read(LONGEST_HEAD)
    if foreign := by_head(head):
        raise InputError(f"{path} 是{foreign[0]}，不是纯文本", EXPECTED, foreign[1])
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return _checked(path, encoding)
    bad = first_bad(path, "utf-8")
    text = _sample(path, "utf-8")
    if bad is not None or likeness(text) < LIKELY:
        scores = {guess: likeness(_sample(path, guess), guess.startswith(WIDE)) for guess in GUESSES}
        best = max(scores, key=scores.get)
        if scores[best] >= LIKELY:
            return _checked(path, best)
        _refuse_binary(path)
        if bad is not None:
            raise _unknown(path, bad)
        _refuse_garbled(path, text)
    _refuse_binary(path)
    return "utf-8-sig"


def _checked(path: Path, encoding: str) -> str:
    bad = first_bad(path, encoding)
    if bad is not None:
        raise _damaged(path, encoding, bad)
    if encoding in ("gb18030", "big5hkscs"):
        _refuse_mixed(path, encoding)
    if not encoding.startswith(WIDE):
        _refuse_binary(path)
    return encoding


def _refuse_mixed(path: Path, encoding: str) -> None:
    """编码不同的几个文件接成了一个：大半像中文，有一段不像。"""
    lines = 1
    for text in decoded(path, encoding):
        for start in range(0, len(text), WINDOW):
            piece = text[start : start + WINDOW]
            if others(piece) > WINDOW // 4 and likeness(piece) < MIXED:
                found = f"{path} 大半是 {encoding} 编码，可是第 {lines:,} 行前后有一段读出来是乱码"
                fix = f"把接在一起的文件分开，各自另存为 UTF-8；确实没有错，就加 --encoding {encoding}"
                raise InputError(found, "从头到尾一种编码", fix)
            lines += piece.count("\n")


def _place(bad: tuple[int, int]) -> str:
    return f"第 {bad[0]:,} 个字节（第 {bad[1]:,} 行）"


def _damaged(path: Path, encoding: str, bad: tuple[int, int]) -> InputError:
    name = encoding.removesuffix("-sig")
    found = f"{path} 是 {name} 编码，只有{_place(bad)}解不开（也许后面还有）：那里坏了，或者没有写完"
    fix = f"用编辑器改好这一行，另存为 UTF-8；或加 --encoding {name}，把坏字节换成 �"
    return InputError(found, f"从头到尾都是 {name}", fix)


def _unknown(path: Path, bad: tuple[int, int]) -> InputError:
    """不是合法的 UTF-8，也不像中文。坏处很少，就还是 UTF-8；否则猜一猜是哪种文字。"""
    if bad_share(path, "utf-8") <= FEW:
        return _damaged(path, "utf-8", bad)
    for encoding, name, letters, enough, least in HINTS:
        text = _sample(path, encoding)
        seen = len(re.findall(letters, text))
        if "\ufffd" not in text and seen >= max(least, enough * others(text)):
            fix = f"确实是的话，加 --encoding {encoding}；不是，就用编辑器打开看看，另存为 UTF-8"
            return InputError(f"{path} 从{_place(bad)}起不是 UTF-8，像是{name}", EXPECTED, fix)
    found = f"看不出 {path} 的编码：{_place(bad)}起不是 UTF-8，也不像 GB18030、Big5、UTF-16 的中文"
    fix = "用编辑器打开，选对编码，看得懂了再另存为 UTF-8；知道编码就加 --encoding，如 --encoding gb18030"
    return InputError(found, EXPECTED, fix)


def _refuse_binary(path: Path) -> None:
    """零字节与控制字符超过 1% 就不是文本；零星几个由 decoding.tidy 去掉。"""
    count = total = 0
    place, lines = None, 1
    with open_bytes(path) as file:
        while block := file.read(1 << 20):
            odd = len(block) - len(block.translate(None, CONTROLS))
            if odd and place is None:
                first = next(i for i, byte in enumerate(block) if byte in CONTROLS)
                place = (total + first + 1, lines + block.count(b"\n", 0, first))
            count, total, lines = count + odd, total + len(block), lines + block.count(b"\n")
    if count > 1 and count > 0.01 * total:
        found = f"{path} 像是二进制文件，或者坏了：有 {count:,} 个零字节或控制字符，从{_place(place)}起"
        raise InputError(found, EXPECTED, "换成纯文本；如果是文字，用编辑器删去这些字符")


def _refuse_garbled(path: Path, text: str) -> None:
    """合法的 UTF-8，却不像中文：是不是读错了编码又存了一遍的乱码？"""
    for encoding, pattern in SEVEN_BIT.items():
        head = "\n".join(pattern.findall(next(decoded(path, "utf-8")))).encode().decode(encoding, "replace")
        if "\ufffd" not in head and likeness(head) >= 0.1:
            fix = f"确实是的话，加 --encoding {encoding}"
            raise InputError(f"{path} 像是 {encoding} 编码", EXPECTED, fix)
    lost, size = text.count("\ufffd"), others(text)
    require(
        lost <= max(4, FEW * size), f"{path} 里有 {lost:,} 处 �：读错编码又存过，字已经丢了",
        "没有坏的文字", "找回原来的文件",
    )  # fmt: skip
    for wrong, right in MISREAD:
        undone = _misread(text, wrong).decode(right, "replace")
        bad, real = undone.count("\ufffd"), others(undone)
        twice = (wrong, right) == ("latin-1", "utf-8") and bad <= FEW * real  # 哪种文字都不会碰巧这样
        if size >= 12 and real >= 6 and (twice or likeness(undone) >= LIKELY):
            found = f"{path} 是乱码：{right} 的文字被当作 {wrong} 读过又存了一遍。开头本来像是“{undone[:12]}”"
            raise InputError(found, "没有坏的文字", "找回原来的文件，按原来的编码打开，另存为 UTF-8")


def _misread(text: str, wrong: str) -> bytes:
    """读错之前的字节。Latin-1 与 Windows-1252 当作一种：软件常把它们混着用。"""
    if wrong == "latin-1":
        text = text.translate({ord(c): c.encode("cp1252")[0] for c in WINDOWS})
    return text.encode(wrong, "replace")


def named_encoding(name: str) -> str:
    """使用者用 --encoding 指明的编码 → Python 里的名字；没有这种编码就报错。"""
    try:
        "a".encode(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        fix = "常用 utf-8、gb18030、big5、utf-16、shift_jis；不写就自动识别"
        raise InputError(f"--encoding {name}", "Python 认识的编码", fix) from error
    return WIDER.get(found, found)


def check_named(path: Path, encoding: str) -> None:
    """指明了编码的文件：个别坏字节可以换成 �，坏处太多就是指错了。"""
    bad = first_bad(path, encoding)
    if bad is not None and bad_share(path, encoding) > FEW:
        found = f"{path} 不是 {encoding}：{_place(bad)}起有许多字节解不开"
        raise InputError(found, "文件本来的编码", "换一个 --encoding，或去掉它，自动识别")
