"""第 12 课的实验室与录好的成绩。"""

import pytest

from tinygpt.checkpoint import file_digest, read_json
from tinygpt.course import limits, limits_results
from tinygpt.experiments import bias
from tinygpt.experiments.provenance import Piece, states
from tinygpt.pretrained import model_folder


def test_the_page_of_a_sentence_escapes_and_falls_back_to_text():
    pieces = [Piece("小猫<b>", 3, "一只小猫<b>在睡觉"), Piece("？"), Piece("&晒太阳", 1, "狗&晒太阳")]
    found = limits.Provenance({"小猫<b>？&晒太阳": pieces})
    assert repr(found) == "[小猫<b>｜3 篇]？[&晒太阳｜1 篇]"
    page = found._repr_html_()
    assert "<b>" not in page and "小猫&lt;b&gt;" in page and "&amp;晒太阳" in page
    assert page.count("<details>") == page.count("</details>") == 1 and "3 篇里有" in page
    assert "没有一段" in limits.Provenance({"新": [Piece("新")]})._repr_html_()


def test_the_laboratory_of_forgetting():
    lab = limits.forgetting_lab()
    assert len(lab.names) == 4 and len(set(lab.names)) == 4
    assert {q.fact for q in lab.asked} == set(lab.facts)
    for fact in lab.facts:
        kept = lab.without(fact.subject)
        assert len(kept) == len(lab.documents) and not any(states(text, fact) for text in kept)
        assert sum(a != b for a, b in zip(kept, lab.documents)) == limits.EXPOSURE
    assert lab.without("全都在") == lab.documents


# ---- 录好的成绩 ----


def test_the_record_belongs_to_the_shipped_model():
    digest = file_digest(model_folder("mini") / "model.safetensors")
    assert read_json(limits_results.FILE)["model"] == digest


@pytest.mark.parametrize("name", ["写偏的", "配平的"])
def test_three_seeds_of_the_skewed_stories(name):
    wanted = 0.8 if name == "写偏的" else 0.0
    for what in ("corpus", "model"):
        found = limits_results.skews(name, what)
        assert len(found) == 3 and all(abs(value - wanted) < 0.15 for value in found)
    assert all(set(row["model"]) == set(bias.JOBS) for row in limits_results.seeds_of("bias", name))


def test_the_best_way_is_chosen_by_what_was_taught_then_by_what_was_lost(monkeypatch):
    def row(taught, lost):
        effect = {"n": 10, "right": 10, "lost": lost, "won": 0, "change": -1.0}
        return {"taught": taught, "held_out": 0.5, "effects": dict.fromkeys(limits_results.GROUPS, effect)}

    edits = {"秩一，第 1 层": row(1, 3), "秩一，第 2 层": row(0, 9), "微调，1e-05": row(0.5, 0),
             "微调，0.0001": row(1, 4), "微调，0.001": row(1, 6)}  # fmt: skip
    monkeypatch.setattr(limits_results, "recorded", lambda part: {"甲→乙": edits})
    same = {way: way for way in ("秩一，第 1 层", "秩一，第 2 层")}
    assert limits_results.best_ways() == same | {"微调": "微调，0.0001"}
    assert limits_results.edits()["微调"]["其余"] == [0.4]
    assert limits_results.spread([0.1, 0.3]) == "20%（10%–30%）"
