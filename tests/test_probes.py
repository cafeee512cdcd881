"""探查：对的模型得满分，乱猜的得乱猜的分，故意错的得零分；数字可重复，从不合在一起。"""

import hashlib
import json

import pytest
import torch
from torch import nn

from tinygpt import corpus, load
from tinygpt.cli import main
from tinygpt.config import GPTConfig
from tinygpt.corpus.asking import after_passage, asked, with_questions
from tinygpt.corpus.stories import registry, stories
from tinygpt.corpus.talk import UNKNOWN, talk
from tinygpt.corpus.world import World
from tinygpt.errors import InputError
from tinygpt.probes import PROBES, as_dict, coherence, form, knowledge, probe, report
from tinygpt.probes.bench import MOST_TOKENS, Bench, log_probabilities, prompts
from tinygpt.probes.bits import evaluate_text
from tinygpt.text import Passage
from tinygpt.tokenizer import CHAT, EOS, Tokenizer

CONTEXT = 512
COUNT = 12


class Scripted(nn.Module):
    """按剧本说话的模型：script（前文的编号 → {token: logit}）决定下一个；没写到的 token 都是 0。"""

    def __init__(self, vocab_size, script, context_length=CONTEXT):
        super().__init__()
        self.config = GPTConfig(vocab_size, context_length, n_layer=1, n_head=1, n_embd=4, dropout=0.0)
        self.weight, self.script, self.device = nn.Parameter(torch.zeros(1)), script, torch.device("cpu")
        self.said = {}  # 缓存 → 各行已有的 token

    def forward(self, ids, cache=None):
        before = [[] for _ in ids]
        if cache is not None:
            rows = self.said.setdefault(id(cache.keys), before) if max(cache.lengths) else before
            before = [row[:length] for row, length in zip(rows, cache.lengths)]
        logits = torch.zeros(*ids.shape, self.config.vocab_size)
        after = [row + new for row, new in zip(before, ids.tolist())]
        for b, (old, row) in enumerate(zip(before, after)):
            for t in range(ids.size(1)):
                for token, score in self.script(tuple(row[: len(old) + t + 1])).items():
                    logits[b, t, token] = score
        if cache is not None:
            self.said = {id(cache.keys): after}
            cache.advance(ids.size(1))
        return logits


@pytest.fixture(scope="module")
def tokenizer():
    """一个字一个 token：同样长的写法，token 一样多。"""
    texts = [s.text + s.title + s.genre for s in stories(1, n_documents=300)]
    for held_out in ("combination", "name"):
        texts += [s.text for s in stories(1, n_documents=300, held_out=held_out)]
    for plans in form.genres(Bench(None, None, mixture="full")).values():
        texts += [s.text + s.title for s in stories(0, n_documents=60, plans=plans)]
    texts += [d.text for d in talk(1, n_documents=300)]
    texts += [c.values["definition"] for c in World.load().concepts]
    return Tokenizer.train_char([*texts, *(c.name for c in World.load().concepts), *prompts()])


def knows(texts, tokenizer, strength=30.0, start=(EOS,)):
    """记得 texts 的剧本：每段前文之后，真正的下一个 token 的 logit 是 strength。"""
    table = {}
    for text in texts:
        ids = [*start, *tokenizer.encode(text), EOS]
        for i in range(1, len(ids)):
            table.setdefault(tuple(ids[:i]), {})[ids[i]] = strength
    return lambda row: table.get(row, {})


def figures(bench, *names):
    return as_dict(probe(bench, names))


# ---- 打分与续写 ----


def test_log_probabilities_is_the_sum_over_all_tokens(make_model):
    model = make_model(std=0.4).eval()
    sequences = [[9, 10, 11], [9, 10, 12, 13], [9, 10], [20], [9, 10, 12, 13]]
    found = log_probabilities(model, sequences, batch=2)
    for ids, total in zip(sequences, found):
        scores = model(torch.tensor([[EOS, *ids[:-1]]])).log_softmax(-1)[0]
        assert total == pytest.approx(sum(scores[i, id].item() for i, id in enumerate(ids)), abs=1e-4)


def test_shared_openings_are_computed_once(make_model, monkeypatch):
    model, seen = make_model().eval(), []
    forward = model.forward
    monkeypatch.setattr(model, "forward", lambda ids: seen.append(ids.shape) or forward(ids))
    log_probabilities(model, [[9, 10, 11, end] for end in range(12, 20)] + [[9, 10]])
    assert seen == [(1, 4)]


def test_replies_keep_their_order_and_stop(tokenizer):
    texts = ["小明说好。后来", "小红说：对！后来", "妈妈笑"]
    script = knows(texts, tokenizer, start=())
    bench = Bench(Scripted(tokenizer.vocab_size, script), tokenizer)
    replies = bench.reply([tokenizer.encode(x) for x in ("小红说：", "小明", "妈妈")], 6, stop="。！")
    assert [r.text for r in replies] == ["对！", "说好。", "笑"] and all(r.ended for r in replies)


# ---- 填空 ----


@pytest.mark.parametrize("kind", coherence.KINDS)
def test_the_cloze_oracle_the_adversary_and_chance(tokenizer, kind, make_model):
    def bench(script):
        return Bench(Scripted(tokenizer.vocab_size, script), tokenizer, COUNT)

    texts = [s.text for source in coherence.SOURCES for s in bench(None).stories(source)]
    for strength, value in ((30.0, 1.0), (-30.0, 0.0)):
        found = figures(bench(knows(texts, tokenizer, strength)), kind)[kind]
        assert list(found) == list(coherence.SOURCES)  # 两种留出各一个数
        for row in found.values():
            assert row["value"] == value and row["n"] > 0 and 0 < row["chance"] <= 0.5


def test_a_model_that_only_guesses_gets_about_chance(tokenizer):
    """分数只由前一个字与这个字决定，是随机数：与对错无关。"""
    model = Scripted(tokenizer.vocab_size, None)
    size = tokenizer.vocab_size
    table = torch.rand(size, size, generator=torch.Generator().manual_seed(0))
    model.forward = lambda ids: table[ids]
    found = figures(Bench(model, tokenizer, 60), "name")["name"]
    for row in found.values():
        deviation = (row["chance"] * (1 - row["chance"]) / row["n"]) ** 0.5
        assert abs(row["value"] - row["chance"]) < 4 * deviation


def test_no_option_is_the_beginning_of_another():
    """短的写法若是长的开头，概率总更大，就不公平了。"""
    for held in coherence.SOURCES:
        for story in stories(5, n_documents=200, held_out=held):
            for item in story.cloze:
                assert story.text.startswith(item.answer, item.position)
                for other in item.options:
                    assert not other.startswith(item.answer) and not item.answer.startswith(other)


def test_documents_too_long_for_the_context_are_left_out(tokenizer):
    model = Scripted(tokenizer.vocab_size, lambda row: {}, context_length=60)
    row = figures(Bench(model, tokenizer, COUNT), "name")["name"]["combination"]
    assert row["parts"]["too_long"] > 0


# ---- 问答与知识 ----


def test_the_passage_oracle(tokenizer):
    bench = Bench(None, tokenizer, COUNT)
    texts = [after_passage(s.text, q.question) + q.answer
             for source in coherence.SOURCES for s in bench.stories(source) for q in s.questions]  # fmt: skip
    bench.model = Scripted(tokenizer.vocab_size, knows(texts, tokenizer, start=()))
    found = figures(bench, "passage")["passage"]
    for row in found.values():
        assert row["value"] == row["parts"]["exact"] == 1 and row["chance"] < 0.3 and row["n"] == COUNT


def test_the_document_of_questions_begins_like_the_prompt():
    story = next(stories(2, n_documents=1))
    document, first = with_questions(story), story.questions[0]
    assert document.startswith(after_passage(story.text, first.question) + first.answer)
    assert document.count("\n问：") == document.count("\n答：") == len(story.questions)
    assert with_questions(story, [first]) == after_passage(story.text, first.question) + first.answer
    turn = next(talk(0, n_documents=1)).questions[0]
    assert next(talk(0, n_documents=1)).text.startswith(asked(turn.question) + turn.reply)  # 与对话同样的写法


def test_what_counts_as_an_answer():
    right = coherence.answered
    for reply in ("在石桌上。", "石桌上。"):
        assert right(reply, "手表在哪里？", "在石桌上。")
    assert not right("在书桌上。", "手表在哪里？", "在石桌上。")
    assert right("是小勇找到的。", "谁找到了手表？", "小勇找到了手表。")
    assert not right("是小勇和小鹏。", "谁找到了手表？", "小勇。", ("小勇", "小鹏"))
    assert right("五元。", "一共多少钱？", "一共五元。")
    assert not right("五元。", "一共多少钱？", "一共十五元。")


def test_every_right_answer_counts_and_others_rarely():
    rows = [(s, q) for s in stories(3, n_documents=200, held_out="combination") for q in s.questions]
    assert all(coherence.answered(q.answer, q.question, q.answer, s.names) for s, q in rows)
    wrong = [coherence.answered(other.answer, q.question, q.answer, s.names)
             for (s, q), (_, other) in zip(rows, rows[37:]) if q.kind == other.kind]  # fmt: skip
    assert sum(wrong) / len(wrong) < 0.1


def test_definitions_of_an_oracle_and_of_a_parrot(tokenizer):
    concepts = World.load().concepts
    texts = [f"{c.name}是{c.values['definition']}。" for c in concepts]
    row = figures(Bench(Scripted(tokenizer.vocab_size, knows(texts, tokenizer, start=())), tokenizer),
                  "definitions")["definitions"]["world"]  # fmt: skip
    assert row["value"] == row["parts"]["first_characters"] == 1 and row["n"] == len(concepts)
    same = concepts[0].values["definition"]
    texts = [f"{c.name}是{same}。" for c in concepts]
    row = figures(Bench(Scripted(tokenizer.vocab_size, knows(texts, tokenizer, start=())), tokenizer),
                  "definitions")["definitions"]["world"]  # fmt: skip
    assert 0 < row["value"] < 0.02 and row["chance"] < 0.02 and row["parts"]["misses"][0]["reply"] == same


def test_closed_book_and_recall_oracles(tokenizer):
    bench = Bench(None, tokenizer, COUNT)
    texts = [asked(q) + a for source in ("usual", "phrasing") for q, a, *_ in knowledge.facts(bench, source)]
    texts += [d.text for held in (None, "phrasing")
              for d in talk(knowledge.TALK_SEED, n_documents=12 * COUNT, held_out=held)]  # fmt: skip
    bench.model = Scripted(tokenizer.vocab_size, knows(texts, tokenizer, start=(CHAT,)))
    found = figures(bench, "closed_book", "recall")
    for name, low in (("closed_book", 0.8), ("recall", 1.0)):
        assert set(found[name]) == {"usual", "phrasing"}
        for row in found[name].values():
            assert row["value"] >= low and row["n"] >= COUNT / 2, row


@pytest.mark.parametrize("admits", [True, False])
def test_unknown_words(tokenizer, admits):
    """什么都说没学过的，承认满分，误报也满分；什么都不承认的，两样都是零。"""
    says = "我没有学过，说不好。" if admits else "是水果。"
    ids = [*tokenizer.encode(says), EOS]
    answer = tokenizer.encode("答：")

    def script(row):
        starts = [i + 2 for i in range(len(row)) if list(row[i : i + 2]) == answer]
        return {ids[len(row) - starts[0]]: 30.0} if starts and len(row) - starts[0] < len(ids) else {}

    found = figures(Bench(Scripted(tokenizer.vocab_size, script), tokenizer, COUNT), "unknowns")["unknowns"]
    assert {source: row["value"] for source, row in found.items()} == dict.fromkeys(found, float(admits))
    assert set(found) == {"held_out", "trained", "false_alarm"}
    assert not set(UNKNOWN[True]) & {c.name for c in World.load().concepts}


def test_greetings(tokenizer):
    def bench(reply):
        texts = [asked(text) + reply for text in knowledge.GREETINGS]
        return Bench(Scripted(tokenizer.vocab_size, knows(texts, tokenizer, start=(CHAT,))), tokenizer)

    good = figures(bench("你好！"), "greetings")["greetings"]["fixed"]
    assert good["value"] == 1 and good["parts"]["replies"]["谢谢你！"] == "你好！"
    for bad in ("你好", "你好你好你好你好！"):
        assert figures(bench(bad), "greetings")["greetings"]["fixed"]["value"] == 0


# ---- 样子 ----


def test_every_genre_passes_its_own_check_and_fails_the_others():
    known = {*form.CHECKS, *form.PROSE}
    new = set(form.genres(Bench(None, None))) - known
    assert not new, f"新的体裁 {new}：在 form.CHECKS 里写一个检查，或加进 form.PROSE"
    for genre, plans in form.genres(Bench(None, None)).items():
        texts = [s.text for s in stories(11, n_documents=400, plans=plans)]
        texts += [s.text for s in stories(11, n_documents=200, plans=plans, held_out="combination")]
        assert sum(form.obeys(genre, text) for text in texts) >= 0.98 * len(texts), genre
        for other in known - {genre} - (set(form.PROSE) if genre in form.PROSE else set()):
            assert sum(form.obeys(other, text) for text in texts) <= 0.02 * len(texts), (genre, other)


def test_the_genre_oracle_and_its_adversary(tokenizer):
    def values(swap):
        bench = Bench(None, tokenizer, 10)
        names = list(form.genres(Bench(None, None)))
        texts = []
        for name in names:
            held_out, found = form.titles(name, Bench(None, None, 10))
            source = names[(names.index(name) + 1) % len(names)] if swap else name
            body = next(stories(0, n_documents=1, plans=form.genres(Bench(None, None))[source])).text
            texts += [f"{name}：{title}\n{body}" for title in found]
        bench.model = Scripted(tokenizer.vocab_size, knows(texts, tokenizer, start=()))
        found = figures(bench, "genre", "poem")
        assert set(found["genre"]) == set(names)  # 一种体裁一个数
        assert swap or all(found["genre"][name]["chance"] == 0 for name in form.CHECKS)
        return {name: row["value"] for name, row in found["genre"].items()}, found["poem"]["诗"]

    right, poem = values(False)
    assert set(right.values()) == {1.0} and poem["value"] == poem["parts"]["whole_poems"] == 1
    wrong, _ = values(True)
    assert {wrong[name] for name in form.CHECKS} == {0.0}  # 散文的几种排列相同，换了也认不出


def test_titles_of_the_genres_are_held_out():
    kinds = {genre: form.titles(genre, Bench(None, None, 15))[0] for genre in form.genres(Bench(None, None))}
    assert set(kinds.values()) <= {"name", "combination", "phrasing"}


@pytest.mark.parametrize("text, loops", [
    ("小猫小猫小猫小猫", True), ("啊啊啊啊啊啊", True), ("他去了学校里。他去了学校里。他去了学校里。", True),
    ("小猫在河边看鱼。小猫是灰色的。", False), ("好，好，好！", False), ("第一，第二，第三，第四", False),
])  # fmt: skip
def test_loops(text, loops):
    assert form.looping(text) is loops


def test_the_generators_do_not_loop():
    texts = [s.text for s in stories(1, n_documents=300)] + [d.text for d in talk(1, n_documents=300)]
    assert not any(map(form.looping, texts))


def test_copied_sentences_and_the_longest_common_piece():
    training = ["春天来了，小河里的冰化了，水一天比一天多。", "孩子们在河边看鱼。"]
    texts = ["我说：春天来了，小河里的冰化了，鸟也来了。孩子们在河边看鱼。"]
    wanted = {"孩子们在河边看鱼", "孩子们在河边看鸟"}
    copied, longest = form.found_in(iter(training), texts, wanted)
    assert copied == {"孩子们在河边看鱼"} and longest == "春天来了，小河里的冰化了，"
    assert form.found_in([], texts, wanted) == (set(), "")


# ---- 60 个提示、全部、命令 ----


def test_the_sixty_prompts_are_fixed():
    assert len(prompts()) == len(set(prompts())) == 60
    digest = hashlib.sha256("\n".join(prompts()).encode()).hexdigest()
    assert digest.startswith("325a9fe6dee6bee1"), "提示在训练之前就定下了，不能再改"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """一个几步训练出来的模型，在文件夹里。"""
    folder = tmp_path_factory.mktemp("probe")
    data = folder / "data.txt"
    data.write_text("".join(s.text + "\n" for s in stories(0, n_documents=60)), encoding="utf-8")
    tiny = ["--preset", "tiny", "--n-embd", "16", "--context-length", "128", "--steps", "3"]
    options = ["--out", str(folder / "run"), "--precision", "fp32", "--vocab-size", "600", *tiny]
    assert main(["train", "--data", str(data), *options]) == 0
    return folder / "run"


def test_everything_runs_and_is_the_same_again(run, capsys):
    def call(*options):
        capsys.readouterr()
        data = ["--data", str(run / "read.txt")]  # 照抄与它比；不去写附带的全部文字
        assert main(["probe", "--model", str(run), "--count", "5", "--json", *data, *options]) == 0
        return json.loads(capsys.readouterr().out)

    (run / "read.txt").write_text("小猫在河边看鱼。" * 20, encoding="utf-8")
    result = call()
    assert list(result["probes"]) == list(PROBES) and result["count"] == 5
    for name, sources in result["probes"].items():
        for source, row in sources.items():
            assert {"value", "chance", "n", "meaning", "parts"} == set(row)
            assert row["value"] is None or row["value"] >= 0
            assert row["value"] is None or name == "bits" or row["value"] <= 1
    only = call("--only", "greetings", "name", "--seed", "0")["probes"]
    assert list(only) == ["name", "greetings"]
    assert only == {name: result["probes"][name] for name in only}  # 只考几项，数不变
    assert call("--only", "name", "--seed", "1")["probes"] != {"name": only["name"]}
    bits = result["probes"]["bits"]
    assert {"小百科", "日常", "world", "stories/name", "talk/phrasing"} <= set(bits)
    passages = [Passage(d.text, "") for d in corpus.documents("validation") if d.source == "日常"]
    from tinygpt import load

    expected = evaluate_text(*load(run), passages)["bits_per_character"]
    assert bits["日常"]["value"] == pytest.approx(expected)


def test_samples_are_what_generate_writes(run, capsys, tmp_path):
    path = tmp_path / "60.md"
    options = ["--only", "greetings", "--samples", str(path)]
    assert main(["probe", "--model", str(run), *options]) == 0
    out = capsys.readouterr().out
    assert report.HEADER in out and "greetings" in out
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 60 and rows[3].startswith("| 3 | 从前有一只 | ")
    options = ["--seed", "3", "--temperature", "0.5", "--top-p", "0.9", "--json"]
    options += ["--max-new-tokens", str(min(MOST_TOKENS, load(run)[0].config.context_length))]
    assert main(["generate", "从前有一只", "--model", str(run), *options]) == 0
    text = json.loads(capsys.readouterr().out)[0]["completion"]
    assert report._cell(text) in rows[3]


@pytest.mark.parametrize("options, words", [
    (["--only", "nmae"], "name"), (["--count", "0"], "--count"), (["--model", "nothing"], "mini"),
    (["--samples", "没有/60.md"], "没有"),
])  # fmt: skip
def test_bad_input(run, capsys, options, words):
    assert main(["probe", "--model", str(run), "--only", "greetings", *options]) == 2
    assert words in capsys.readouterr().err


def test_unknown_probe_is_refused_before_anything_is_computed(tokenizer):
    with pytest.raises(InputError, match="definitions"):
        list(probe(Bench(None, tokenizer), ["definition"]))


def test_every_plan_is_known_to_the_probes():
    bench = Bench(None, None, mixture="full")
    assert {plan for plans in form.genres(bench).values() for plan in plans} == set(registry())
