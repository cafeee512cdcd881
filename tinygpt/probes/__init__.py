"""探查：一个小模型话说得怎样、事记得怎样。tinygpt probe、课程和模型说明里的数字都出自这里。

一个探查是一个函数 Bench → 若干个 Figure；名字与函数的表是 PROBES。添一个探查：写一个函数，在表里添一行。
读的次序：bench（考场）→ coherence（前后一致）→ knowledge（知道什么）→ form（样子）→ bits（比特）
→ report（写出来）。
每个数都有出处（source）、题数（n）和乱猜的水平（chance）；不同出处的数从不合在一起。
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from tinygpt.probes import bits, coherence, form, knowledge
from tinygpt.probes.bench import Bench, Figure, check_names

PROBES: dict[str, Callable[[Bench], list[Figure]]] = {
    **{kind: partial(coherence.cloze, kind=kind) for kind in coherence.KINDS},
    "passage": coherence.passage,
    "definitions": knowledge.definitions,
    "closed_book": knowledge.closed_book,
    "recall": knowledge.recall,
    "unknowns": knowledge.unknowns,
    "greetings": knowledge.greetings,
    "genre": form.genre,
    "poem": form.poem,
    "fluency": form.fluency,
    "word_for_word": form.word_for_word,
    "bits": bits.bits,
}


def probe(bench: Bench, only: Sequence[str] | None = None) -> Iterator[Figure]:
    """依次考每一项；only 给出就只考其中几项，次序照 PROBES。"""
    check_names(only or (), PROBES)
    for name, function in PROBES.items():
        if not only or name in only:
            yield from function(bench)


def as_dict(figures: Iterable[Figure]) -> dict[str, dict[str, dict]]:
    """{探查: {出处: {value, chance, n, meaning, parts}}}，可以写成 JSON。"""
    table: dict[str, dict[str, dict]] = {}
    for f in figures:
        row = {"value": f.value, "chance": f.chance, "n": f.n, "meaning": f.meaning, "parts": f.parts}
        table.setdefault(f.probe, {})[f.source] = row
    return table
