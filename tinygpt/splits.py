"""训练与验证怎样划分。

这里只见每篇文档的长短、内容的摘要和自己写明的 split，不知道文字，也不知道磁盘。
验证集的比例按 token 算：三十篇日记和一部长篇在一起，按篇数挑，多半不是九成就是几乎没有。
"""

import re
from collections import defaultdict
from pathlib import Path

from tinygpt.errors import InputError

FEW_DOCUMENTS = 10  # 文档比这还少时，先试每篇留末尾作验证
NAMES = {
    "train": "train training trn tr 训练 训练集",
    "validation": "validation valid val dev development eval evaluation 验证 验证集 开发集",
    "test": "test testing tst 测试 测试集",
}
NUMBER = re.compile("[-_. ]*[0-9]+(?:[-_. ]*of[-_. ]*[0-9]+)?")  # 文件名里的号码
KNOWN = {written: name for name, ways in NAMES.items() for written in ways.split()}


def split_name(value) -> str | None:
    """split 字段的值 → "train"、"validation"、"test"；没有写，或者不认识，就是 None。"""
    return KNOWN.get(value.strip().lower()) if isinstance(value, str) else None


def splits_by_name(files: list[Path]) -> dict[Path, str]:
    """文件名写着划分的：train.jsonl 与 test.jsonl，wiki.train.txt 与 wiki.valid.txt，train/ 与 dev/。

    只有除了这个词和号码（_1、-00000-of-00002）都相同、其中又有 train 的才算：
    考试日记.txt、my test.txt 都不算。
    """
    groups = defaultdict(dict)
    for file in files:
        for place, name in ((file.parent, file.name), (file.parent.parent, file.parent.name)):
            words = re.split("([a-z]+|[\u4e00-\u9fff]+)", name.lower())
            at = next((i for i, word in enumerate(words) if word in KNOWN), None)
            if at is not None:
                rest = NUMBER.sub("", "".join(words[:at] + ["*"] + words[at + 1 :]))
                groups[place, rest][file] = KNOWN[words[at]]
                break
    clear = [g for g in groups.values() if "train" in g.values() and len(set(g.values())) > 1]
    return {file: split for group in clear for file, split in group.items()}


def number_of(digest: bytes) -> float:
    """一个摘要 → 0 到 1 之间的数，看起来随机，而总是同一个。"""
    return int.from_bytes(digest[:8], "big") / 2**64


def nothing_to_train() -> InputError:
    found = "没有可以训练的文字：每一篇的 split 都写着不参加训练（validation 或 test）"
    return InputError(found, "有一些文档的 split 是 train，或者不写", "加上训练用的文件，或去掉 split 字段")


def divide(ends: list[int], splits: list, hashes: list[float], fraction: float) -> tuple[dict, str]:
    """每篇文档的 （起点，终点） 分到 train 与 validation；第二个返回值说明是怎样分的。

    ends: 每篇的终点（第几个 token）；splits: 每篇写明的划分；hashes: 每篇内容的摘要，0 到 1 之间。
    """
    documents = list(zip([0, *ends[:-1]], ends))
    if "validation" in splits:
        pieces = {"train": [], "validation": []}
        for document, split in zip(documents, splits):
            pieces[split or "train"].append(document)
        if not pieces["train"]:
            raise nothing_to_train()
        return pieces, "文档自带的划分"
    pieces, method = _by_content(documents, hashes, fraction)
    alone = "文档的 split 里只有 train，验证集由程序划出：" if any(splits) else ""
    return pieces, alone + method


def _by_content(documents: list, hashes: list[float], fraction: float) -> tuple[dict, str]:
    """依次试三种分法，用第一种比例合适的；都不合适，用最接近的。

    先按文档挑：与次序无关，加进新文档也不变。有的文档太长，就只把长的每篇留末尾；再不行，每篇都留末尾。
    一篇就有想要的三倍长，按文档挑放到最后：不是几乎没有，就是太多。
    """
    whole = documents[-1][1] if documents else 0
    tail = f"每篇末尾 {fraction:.0%} 作验证"
    short = [(number, end - start) for (start, end), number in zip(documents, hashes)
             if end - start <= whole * fraction]  # fmt: skip
    usual = max(fraction, min(hashes, default=0))  # 至少挑出一篇
    mixed = f"短的按文档内容的摘要，约 {fraction:.0%} 作验证；长的{tail}"
    whole_ones = {f"按文档内容的摘要，约 {fraction:.0%} 的文档作验证": (whole, usual)}
    cut_ones = {mixed: (whole * fraction, _limit(short, fraction)), tail: (0, 0)}
    uneven = any(end - start > 3 * fraction * whole for start, end in documents)
    ways = {**cut_ones, **whole_ones} if uneven else {**whole_ones, **cut_ones}
    if len(documents) < FEW_DOCUMENTS:
        ways = {f"文档少于 {FEW_DOCUMENTS} 篇，{tail}": (0, 0), **ways}
    tried = {method: _divide(documents, hashes, fraction, *way) for method, way in ways.items()}
    usable = {m: pieces for m, pieces in tried.items() if all(map(_tokens, pieces.values()))}
    if not usable:
        return tried[tail], tail

    def error(method: str) -> float:
        """比例与想要的相差几倍；不到三倍都算合适。"""
        times = _tokens(usable[method]["validation"]) / (whole * fraction)
        times = max(times, 1 / times)
        return times if times > 3 else 1

    best = min(usable, key=error)
    return usable[best], best


def _limit(short: list[tuple[float, int]], fraction: float) -> float:
    """（摘要，长短）从小到大取，取到 token 的 fraction 为止：最后一篇的摘要。"""
    enough, limit = fraction * sum(size for _, size in short), 0.0
    for limit, size in sorted(short):
        enough -= size
        if enough <= 0:
            break
    return limit


def _divide(documents: list, hashes: list[float], fraction: float, longest: float, limit: float) -> dict:
    """不比 longest 长的文档，摘要不大于 limit 的整篇作验证；更长的留末尾。"""
    pieces = {"train": [], "validation": []}
    for (start, end), number in zip(documents, hashes):
        if end - start <= longest:
            cut = start if number <= limit else end
        else:
            cut = end - int((end - start) * fraction)
        pieces["train"] += [(start, cut)] if cut > start else []
        pieces["validation"] += [(cut, end)] if cut < end else []
    return pieces


def _tokens(pieces: list) -> int:
    return sum(end - start for start, end in pieces)
