"""一台机器：每一站的数都是模型算的；每一个数的算式算得出那个数；要什么送什么，存下来不大；没有内核也有图。"""

import base64
import math
import re

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")
from tinygpt.config import GPTConfig
from tinygpt.course import plots
from tinygpt.course.widgets.machine import crop, highlight, machine
from tinygpt.course.widgets.machine.activations import record
from tinygpt.course.widgets.machine.entries import KINDS, entry
from tinygpt.course.widgets.machine.layout import machine_layout
from tinygpt.course.widgets.machine.stations import parts
from tinygpt.course.widgets.machine.widget import PAGE, SCRIPTS, script
from tinygpt.errors import InputError
from tinygpt.variants.bert import BERT
from tinygpt.variants.lora import inject

IDS = [9, 20, 30, 7]
HERE, DONE = plots.COLORS[0].lower(), "#cfe6f5"


pytestmark = pytest.mark.usefixtures("quiet_style")


@pytest.fixture(params=["pre", "post", "lora"])
def any_model(request, make_model):
    post = request.param == "post"
    model = make_model(std=0.4, norm="post" if post else "pre", bias=not post, tied_head=not post)
    if request.param == "lora":
        inject(model, rank=2)
        for name, parameter in model.named_parameters():
            if "lora" in name:
                torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


@pytest.fixture
def widget(make_model, tokenizer):
    return machine(make_model(std=0.4, vocab_size=tokenizer.vocab_size).eval(), tokenizer, "机器学习是")


def ask(widget, kind, number=1, **wish):
    """浏览器的一个愿望；出错就把那句话抛出来。"""
    widget.error = {}
    widget.wish = {"kind": kind, "number": f"{kind} {number} {wish}", **wish}
    if widget.error:
        raise AssertionError(widget.error["text"])


def numbers(data: bytes) -> np.ndarray:
    return np.frombuffer(data, dtype=np.float32)


# ---- 数 ----


def hooked(model, ids) -> dict[str, torch.Tensor]:
    """每个模块的输出与输入，由 model.forward 来算（第 08 课也是这样取的）。"""
    seen = {}

    def keep(name):
        return lambda module, inputs, output: seen.update({name: output[0], "进 " + name: inputs[0][0]})

    hooks = [module.register_forward_hook(keep(name)) for name, module in model.named_modules()]
    with torch.inference_mode():
        model(torch.tensor([ids]))
    for hook in hooks:
        hook.remove()
    return seen


def test_every_station_is_what_the_model_computes(any_model):
    kept, seen = record(any_model, IDS), hooked(any_model, IDS)
    assert set(kept) >= {"h0", "logits", "probabilities"}
    torch.testing.assert_close(kept["token"], seen["token_embedding"])
    torch.testing.assert_close(kept["h0"], seen["进 transformer"])
    torch.testing.assert_close(kept["logits"], seen[""])
    torch.testing.assert_close(kept["probabilities"], seen[""].softmax(-1))
    modules = {
        "attention_norm": "attention_norm", "attended": "attention.to_out", "up": "feed_forward.up",
        "feed_forward_norm": "feed_forward_norm", "down": "feed_forward.down",
        "gelu": "进 feed_forward.down", "middle": "进 attention_norm" if any_model.config.norm == "post" else
        "进 feed_forward_norm",
    }  # fmt: skip
    for layer in range(2):
        for station, module in modules.items():
            into, _, name = module.rpartition(" ")
            key = f"{into} " * bool(into) + f"transformer.blocks.{layer}.{name}"
            torch.testing.assert_close(kept[f"{layer}.{station}"], seen[key], msg=f"{layer} {station}")
        qkv = torch.cat([kept[f"{layer}.{name}"].transpose(0, 1).flatten(1) for name in "qkv"], dim=1)
        torch.testing.assert_close(qkv, seen[f"transformer.blocks.{layer}.attention.to_qkv"])
        heads = kept[f"{layer}.heads"].transpose(0, 1).flatten(1)
        torch.testing.assert_close(heads, seen[f"进 transformer.blocks.{layer}.attention.to_out"])
        mixed = kept[f"{layer}.weights"] @ kept[f"{layer}.v"]
        torch.testing.assert_close(kept[f"{layer}.heads"], mixed)


def worked_out(detail: dict) -> float:
    """照着算式把数算出来。"""
    kind = detail["kind"]
    if kind == "dot":
        total = numbers(detail["a"]).astype(float) @ numbers(detail["b"]).astype(float)
        return (total + detail["bias"]) / detail["divisor"]
    if kind == "sum":
        return sum(value for _, value in detail["terms"])
    if kind == "norm":
        standard = (detail["x"] - detail["mean"]) / detail["deviation"]
        return standard * detail["weight"] + detail["bias"]
    if kind == "softmax":
        return math.exp(detail["score"] - detail["max"]) / detail["total"]
    if kind == "mask":
        return -math.inf if detail["hidden"] else detail["score"]
    return detail["u"] * detail["share"]


@pytest.mark.parametrize("layer, head, row, column", [(0, 0, 0, 0), (1, 1, 3, 2), (0, 1, 2, 3)])
def test_every_number_can_be_worked_out_again(any_model, layer, head, row, column):
    kept = record(any_model, IDS)
    known = {place.name for places in parts(any_model.config).values() for place in places}
    assert known == set(KINDS) - ({"norm"} if any_model.config.norm == "post" else set())
    for station in known:
        detail = entry(any_model, kept, IDS, station, layer, head, row, column)
        table = kept[station] if station in kept else kept[f"{layer}.{station}"]
        table = table[head] if table.ndim == 3 else table
        assert detail["value"] == float(table[row, column]), station
        if detail["kind"] == "lookup":
            tables = {"token": any_model.token_embedding, "position": any_model.position_embedding}
            assert detail["value"] == tables[station].weight[detail["row"], column].item()
        else:
            assert worked_out(detail) == pytest.approx(detail["value"], rel=1e-4, abs=1e-5), station


# ---- 愿望与回答 ----


def test_a_sentence_carries_the_logits_and_how_sure_the_model_was(widget):
    ids = widget.sentence["ids"]
    ask(widget, "ids", ids=[*ids, 30])
    logits = widget.model(torch.tensor([[*ids, 30]]))[0].detach()
    torch.testing.assert_close(torch.tensor(numbers(widget.sentence["logits"])), logits[-1])
    p = logits.softmax(-1)
    expected = [float(p[i, id]) for i, id in enumerate([*ids[1:], 30])]
    assert widget.sentence["probabilities"][0] is None
    assert widget.sentence["probabilities"][1:] == pytest.approx(expected, rel=1e-4)
    best = [id for id, _ in widget.sentence["candidates"]]
    assert best == logits[-1].topk(len(best)).indices.tolist()


def test_any_text_can_be_typed_and_bad_text_changes_nothing(widget):
    ask(widget, "text", text="小猫在河边")
    assert widget.sentence["ids"] == widget.tokenizer.encode("小猫在河边")
    assert widget.sentence["prompt"] == len(widget.sentence["ids"])
    before = widget.sentence
    for text, found in (("", "写几个字"), ("猫" * 99, "模型最多看 16 个"), ("\ud800", "代理字符")):
        widget.error = {}
        widget.wish = {"kind": "text", "number": text, "text": text}
        assert found in widget.error["text"] and widget.error["number"] == text
        assert widget.sentence == before


def test_every_table_is_the_station_and_long_texts_show_the_last_rows(make_model, tokenizer):
    model = make_model(std=0.4, vocab_size=tokenizer.vocab_size, context_length=32).eval()
    widget, ids = machine(model, tokenizer, "小猫"), [20 + i for i in range(20)]
    kept = record(model, ids)
    for places in parts(model.config).values():
        for place in places:
            ask(widget, "table", ids=ids, station=place.name, layer=1, head=1)
            table = widget.table
            whole = kept[place.name] if place.name in kept else kept[f"1.{place.name}"]
            whole = (whole[1] if place.per_head else whole).numpy()
            assert table["first"] == 4 and len(table["rows"]) == 16
            shown = numbers(table["values"]).reshape(16, -1)
            np.testing.assert_array_equal(shown, whole[4:, table["codes"]], err_msg=place.name)
            assert (table["columns"] is None) == (place.columns == "dims")


def test_arcs_are_the_weights_of_one_head(widget):
    ids = widget.sentence["ids"]
    ask(widget, "arcs", ids=ids, layer=1, head=0)
    expected = record(widget.model, ids)["1.weights"][0].numpy()
    np.testing.assert_array_equal(numbers(widget.arcs["weights"]).reshape(expected.shape), expected)


def test_details_come_with_their_place(widget):
    ids = widget.sentence["ids"]
    ask(widget, "detail", ids=ids, station="scores", layer=0, head=1, row=1, column=0)
    detail = widget.detail
    assert (detail["station"], detail["row"], detail["column"], detail["ids"]) == ("scores", 1, 0, ids)
    assert worked_out(detail) == pytest.approx(
        float(record(widget.model, ids)["0.scores"][1, 1, 0]), rel=1e-4
    )


def test_a_wish_that_cannot_be_met_says_so(widget):
    widget.wish = {"kind": "detail", "number": 1, "ids": [9], "station": "没有的", "layer": 0, "head": 0,
                   "row": 0, "column": 0}  # fmt: skip
    assert "没有的" in widget.error["text"] and widget.error["number"] == 1


def test_dropout_is_off_and_the_training_state_kept(make_model):
    model = make_model(std=0.4).train()
    assert torch.equal(record(model, IDS)["logits"], record(model, IDS)["logits"])
    assert model.training and model.transformer.blocks[0].training


@pytest.mark.parametrize(
    "what, found", [("bert", "BERT"), ("tokenizer", "40 个 token"), ("text", "还没有字")]
)
def test_wrong_arguments_are_refused(make_model, tokenizer, config, what, found):
    fits = make_model(vocab_size=tokenizer.vocab_size)
    model = {"bert": BERT(config), "tokenizer": make_model(), "text": fits}[what]
    with pytest.raises(InputError, match=found):
        machine(model, tokenizer, "" if what == "text" else "小猫")


# ---- 存下来的样子 ----


def stored_bytes(state) -> int:
    """存进笔记本有多大：字节数组写成 base64，别的写成 JSON。"""
    if isinstance(state, bytes):
        return math.ceil(len(state) / 3) * 4
    if isinstance(state, dict):
        return sum(len(str(key)) + 4 + stored_bytes(value) for key, value in state.items())
    if isinstance(state, list | tuple):
        return sum(2 + stored_bytes(value) for value in state)
    return len(str(state).encode("utf-8")) + 2


def test_the_saved_widget_stays_small(tokenizer):
    """文章的模型，最长的一段话，最宽的一站：不到 300 KB。"""
    from tinygpt.gpt import GPT

    torch.manual_seed(0)
    config = GPTConfig()
    widget = machine(GPT(GPTConfig(vocab_size=tokenizer.vocab_size)), tokenizer, "小猫")
    ids = [20 + i % 100 for i in range(config.context_length)]
    ask(widget, "ids", ids=ids)
    ask(widget, "table", ids=ids, station="up", layer=1, head=0)
    ask(widget, "detail", ids=ids, station="down", layer=1, head=0, row=200, column=3)
    logits = 4 * (config.vocab_size - tokenizer.vocab_size) * 4 / 3  # 4096 个 token 的词表
    assert stored_bytes(widget.get_state()) + logits < 300_000


def test_without_a_kernel_there_is_a_picture_and_words(widget):
    data, metadata = widget._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert "机器学习是" in data["text/plain"] and metadata["image/png"]["alt"] == data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data


# ---- 静态的图 ----


def box_colors(figure) -> dict:
    """图上每个方框里的字 → 底色。"""
    ax = figure.axes[0]
    boxes = [patch for patch in ax.patches if hasattr(patch, "get_boxstyle")]
    found = []
    for text in ax.texts:
        x, y = text.get_position()
        for box in boxes:
            extent = box.get_path().get_extents()
            if box.get_facecolor()[3] and extent.contains(x, y):
                found.append((text.get_text().split("\n")[0], matplotlib.colors.to_hex(box.get_facecolor())))
    return found


@pytest.mark.parametrize("norm, part", [("pre", "attention"), ("pre", "norm"), ("post", "next")])
def test_a_crop_lights_exactly_one_box(norm, part):
    config = GPTConfig(norm=norm)
    colors = box_colors(crop(part, layer=2, config=config))
    lit = [words for words, color in colors if color == HERE]
    assert len(lit) == 1 and len(colors) == len(machine_layout(config).boxes)
    matplotlib.pyplot.close("all")


def test_a_crop_may_light_several_boxes_in_every_layer():
    lit = [words for words, color in box_colors(crop("attention", "norm", layer=None)) if color == HERE]
    assert sorted(lit) == ["归一化", "注意力", "注意力"]
    matplotlib.pyplot.close("all")


def test_the_lights_go_on_one_after_another():
    config, counts = GPTConfig(), []
    for station, layer in (("token", 1), ("weights", 1), ("up", 2)):
        figure = highlight(station, layer, config)
        colors = box_colors(figure)
        n = len(machine_layout(config).boxes)
        machine_part, strip = colors[:n], colors[n:]
        title = next(s.title for places in parts(config).values() for s in places if s.name == station)
        assert [words for words, color in strip if color == HERE] == [title]
        counts.append([color for _, color in machine_part].count(DONE))
        assert [color for _, color in machine_part].count(HERE) == 1
    assert counts == [1, 2, 5]
    matplotlib.pyplot.close("all")


@pytest.mark.parametrize("draw, place, layer, found", [
    (crop, "没有", 1, "没有 没有"), (crop, "attention", 3, "layer = 3"), (highlight, "没有", 1, "没有 没有"),
    (highlight, "q", 0, "layer = 0"),
])  # fmt: skip
def test_unknown_places_are_refused(draw, place, layer, found):
    with pytest.raises(InputError, match=found):
        draw(place, layer=layer)


@pytest.mark.parametrize("n_layer, shown", [(1, 1), (4, 4), (5, 3), (12, 3)])
def test_deep_machines_leave_out_the_middle(n_layer, shown):
    layout = machine_layout(GPTConfig(n_layer=n_layer))
    assert len(layout.frames) == shown and bool(layout.dots) == (n_layer > 4)
    assert layout.frames[-1].layer == n_layer - 1
    edges = [(box.x, box.x + box.width) for box in layout.boxes]
    assert all(0 <= left < right <= layout.width for left, right in edges)
    assert all(b[0] >= a[1] for a, b in zip(edges, edges[1:]))  # 方框不重叠


# ---- 浏览器里的程序 ----


def test_the_page_needs_no_network_and_no_build():
    text = script() + (PAGE / "machine.css").read_text(encoding="utf-8")
    assert not re.search(r"https?://(?!www\.w3\.org/)", text) and "import " not in script()
    assert sorted(SCRIPTS) == sorted(path.stem for path in PAGE.glob("*.js"))


def test_no_name_is_declared_twice_when_the_files_are_joined():
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", script(), re.MULTILINE)
    assert len(names) == len(set(names)) and "render" in names
