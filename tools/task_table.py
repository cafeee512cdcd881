"""微调的总表：每种任务从附带的模型微调，也从头训练，各几个种子；与不用学的对手一起，写进一个 JSON。

    python tools/task_table.py                    # 全部，半个多小时（两个核）
    python tools/task_table.py --only zh-en code --seeds 1
    python tools/task_table.py --print            # 只把已有的结果印成 docs/finetuning.md 里的表

每做完一次训练就存一次；中断了，再运行一遍，做过的不重做（换了底子的模型，从底子开始的会重做）。
"""

import argparse
import json
import statistics
import time
from pathlib import Path

from tqdm.auto import tqdm

from tinygpt import GPT, load
from tinygpt.checkpoint import file_digest
from tinygpt.pretrained import model_folder
from tinygpt.tasks import RECIPES, RESULTS, TASKS
from tinygpt.tasks.forgetting import bits
from tinygpt.tasks.results import RIVALS, bits_after, marks, seeds, spread
from tinygpt.tasks.scores import most_frequent, nearest
from tinygpt.tasks.training import answers, trainer
from tinygpt.trainer import seed_everything
from tinygpt.variants.lora import merge, trained_share, training_bytes

STARTS = ("微调", "从头")
FEW, FEW_TASK, FEW_STEPS = (25, 100, 400), "summary", 40  # 例子很少时：同样的步数
METHODS = {"全部参数": None, "LoRA，秩 8": 8}
METHOD_TASKS = "zh-en", "closed-book"  # 一种全新的，一种预训练时见过的
SOURCES = "小故事", "小世界", "聊天", "日常"
RATES, RATE_TASK = (1e-4, 3e-4, 1e-3, 2e-3), "closed-book"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="mini", help="底子")
    parser.add_argument("--only", nargs="*", default=list(TASKS), help="只做哪些任务")
    parser.add_argument("--seeds", type=int, default=3)
    parts = ["tasks", "few", "methods", "rates"]
    parser.add_argument("--part", nargs="*", choices=parts, default=parts, help="做哪几部分")
    parser.add_argument("--scale", type=float, default=1.0, help="步数乘以它：试一试时用 0.05")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--print", action="store_true", help="只印表")
    args = parser.parse_args()
    table = Table(args.out, args.model, args.scale)
    if not args.print:
        work = [
            *(table.trained_row(name, start, seed) for seed in range(args.seeds) if "tasks" in args.part
              for name in args.only for start in STARTS),
            *(table.few_row(count, start, seed) for seed in range(args.seeds) if "few" in args.part
              for count in FEW for start in STARTS),
            *(table.method_row(name, method, seed) for seed in range(args.seeds) if "methods" in args.part
              for name in METHOD_TASKS for method in METHODS),
            *(table.rate_row(rate, seed) for seed in range(args.seeds) if "rates" in args.part
              for rate in RATES),
        ]  # fmt: skip
        if "tasks" in args.part:
            for name in args.only:
                table.baselines(name)
        for job in tqdm(work):
            job()
    print(table.markdown())


class Table:
    """结果的字典，存在一个 JSON 里；每一项的键说出它是什么，有了就不再做。"""

    def __init__(self, path: Path, model: str, scale: float):
        self.path, self.model_name, self.scale = path, model, scale
        self.base = file_digest(model_folder(model) / "model.safetensors")
        self.rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def save(self) -> None:
        text = json.dumps(self.rows, ensure_ascii=False, indent=1, sort_keys=True)
        self.path.write_text(text + "\n", encoding="utf-8")

    def once(self, part: str, key: str, base: str, recipe: str, make) -> None:
        """rows[part][key] 还没有，或底子、做法换过了，才做。"""
        known, stamp = self.rows.setdefault(part, {}), {"base": base, "recipe": f"{recipe} × {self.scale:g}"}
        if known.get(key, {}).get("stamp") != stamp:
            known[key] = make() | {"stamp": stamp}
            self.save()

    def start(self, start: str, seed: int):
        """从附带的模型开始，或同样的形状、随机的权重。"""
        model, tokenizer = load(self.model_name)
        if start == "从头":
            seed_everything(1000 + seed)
            model = GPT(model.config)
        return model, tokenizer

    # ---- 各部分 ----

    def baselines(self, name: str) -> None:
        """不用学的对手，与没有微调的模型。"""

        def make() -> dict:
            task, recipe = TASKS[name], RECIPES[name]
            test = task.test(recipe.test)
            train = task.train(recipe.train, 0, test)
            model, tokenizer = load(self.model_name)
            said = {
                "最常见的回答": most_frequent(train, test), "照抄": [task.copy(case) for case in test],
                "最像的例子": nearest(train, test),
                "没有微调": answers(model, tokenizer, [case.prompt for case in test], task.most),
            }  # fmt: skip
            return {"scores": {who: means(task.scores(test, replies)) for who, replies in said.items()}}

        self.once("baselines", name, self.base, repr(RECIPES[name]), make)

    def trained_row(self, name: str, start: str, seed: int):
        def make() -> dict:
            task, recipe = TASKS[name], RECIPES[name]
            test = task.test(recipe.test)
            train = task.train(recipe.train, seed, test)
            model, tokenizer = self.start(start, seed)
            seconds = self.train(model, tokenizer, train, recipe.steps, recipe.rates[start], seed)
            row = self.judged(model, tokenizer, task, test) | {"seconds": round(seconds, 1)}
            return row if start == "微调" else row | {"wrong": []}

        base = self.base if start == "微调" else "随机"
        return lambda: self.once("tasks", f"{name}|{start}|{seed}", base, repr(RECIPES[name]), make)

    def few_row(self, count: int, start: str, seed: int):
        def make() -> dict:
            task, recipe = TASKS[FEW_TASK], RECIPES[FEW_TASK]
            test = task.test(recipe.test)
            train = task.train(count, 50 + seed, test)
            model, tokenizer = self.start(start, seed)
            self.train(model, tokenizer, train, FEW_STEPS, recipe.rates[start], seed)
            return self.judged(model, tokenizer, task, test) | {"wrong": []}

        base = self.base if start == "微调" else "随机"
        return lambda: self.once("few", f"{count}|{start}|{seed}", base, repr((FEW_TASK, FEW_STEPS)), make)

    def method_row(self, name: str, method: str, seed: int):
        """全部参数与 LoRA：分数、训练的参数、内存、时间，与预训练的文字忘了多少。"""

        def make() -> dict:
            task, recipe = TASKS[name], RECIPES[name]
            test = task.test(recipe.test)
            train = task.train(recipe.train, seed, test)
            model, tokenizer = load(self.model_name)
            before = sources(model, tokenizer)
            rank = METHODS[method]
            rate = recipe.rates["微调"] if rank is None else recipe.lora_rate
            steps = max(1, round(recipe.steps * self.scale))
            run = trainer(model, tokenizer, train, steps=steps, learning_rate=rate, seed=seed, rank=rank)
            seconds = timed(run)
            trained, _ = trained_share(model)
            memory = training_bytes(model, run.optimizers)
            merge(model)
            return self.judged(model, tokenizer, task, test) | {
                "wrong": [], "parameters": trained, "bytes": sum(memory.values()),
                "seconds_per_step": round(seconds / steps, 4), "before": before,
                "after": sources(model, tokenizer),
            }  # fmt: skip

        return lambda: self.once("methods", f"{name}|{method}|{seed}", self.base, repr(RECIPES[name]), make)

    def rate_row(self, rate: float, seed: int):
        """不看文章回答，别的都一样，只换学习率：学到多少，忘掉多少。"""

        def make() -> dict:
            task, recipe = TASKS[RATE_TASK], RECIPES[RATE_TASK]
            test = task.test(recipe.test)
            model, tokenizer = load(self.model_name)
            self.train(model, tokenizer, task.train(recipe.train, seed, test), recipe.steps, rate, seed)
            return self.judged(model, tokenizer, task, test) | {
                "wrong": [], "after": sources(model, tokenizer),
            }  # fmt: skip

        recipe = repr((RATE_TASK, RECIPES[RATE_TASK].train, RECIPES[RATE_TASK].steps))
        return lambda: self.once("rates", f"{rate:g}|{seed}", self.base, recipe, make)

    # ---- 训练与打分 ----

    def train(self, model, tokenizer, cases, steps: int, rate: float, seed: int) -> float:
        steps = max(1, round(steps * self.scale))
        return timed(trainer(model, tokenizer, cases, steps=steps, learning_rate=rate, seed=seed))

    def judged(self, model, tokenizer, task, test) -> dict:
        """分数、按种类的分数（主要的一种打分）、答错的几个。"""
        replies = answers(model, tokenizer, [case.prompt for case in test], task.most)
        scores = task.scores(test, replies)
        first = scores[task.main]
        kinds = {
            kind: statistics.mean(s for s, c in zip(first, test) if c.kind == kind)
            for kind in sorted({case.kind for case in test})
        }
        wrong = [[c.prompt, c.answer, r, c.kind] for c, r, s in zip(test, replies, first) if s < 1]
        return {"scores": means(scores), "kinds": kinds, "wrong": wrong}

    # ---- 印成表 ----

    def markdown(self) -> str:
        lines = [
            "| 任务 | 打分 | 最常见的回答 | 照抄 | 最像的例子 | 没有微调 | 从头训练 | 微调 |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for name, task in TASKS.items():
            known = self.rows.get("baselines", {}).get(name, {}).get("scores")
            for metric in known["没有微调"] if known else ():
                cells = [percent(known[who][metric]) for who in (*RIVALS, "没有微调")]
                cells += [self.spread("tasks", name, start, metric) for start in ("从头", "微调")]
                lines.append(f"| {task.title} | {metric} | " + " | ".join(cells) + " |")
        return "\n".join([*lines, "", *self.method_lines(), "", *self.rate_lines()])

    def method_lines(self) -> list[str]:
        """全部参数与 LoRA。"""
        lines = [
            "| 任务 | 方法 | 分数 | 训练的参数 | 权重、梯度、优化器 | " + " | ".join(SOURCES) + " |",
            "|---|---|---|---|---|" + "---|" * len(SOURCES),
        ]
        for name in METHOD_TASKS:
            for method in METHODS:
                for row in seeds("methods", name, method, rows=self.rows)[:1]:
                    if len(lines) == 2:
                        before = " | ".join(f"{row['before'][source]:.2f}" for source in SOURCES)
                        lines.append(f"| | 没有微调 | | | | {before} |")
                    score = spread(marks("methods", name, method, metric=TASKS[name].main, rows=self.rows))
                    size = f"{row['parameters']:,} | {row['bytes'] / 1e6:.1f} MB"
                    lines.append(f"| {TASKS[name].title} | {method} | {score} | {size} | "
                                 + " | ".join(self.forgotten("methods", name, method)) + " |")  # fmt: skip
        return lines

    def rate_lines(self) -> list[str]:
        """换学习率。"""
        lines = ["| 学习率 | 分数 | " + " | ".join(SOURCES) + " |", "|---|---|" + "---|" * len(SOURCES)]
        for rate in RATES:
            found = marks("rates", f"{rate:g}", metric=TASKS[RATE_TASK].main, rows=self.rows)
            if found:
                bits = " | ".join(self.forgotten("rates", f"{rate:g}"))
                lines.append(f"| {rate:g} | {spread(found)} | {bits} |")
        return lines

    def forgotten(self, part: str, *names) -> list[str]:
        """微调以后，每种文字每字几比特。"""
        return [spread(bits_after(part, *names, source=source, rows=self.rows)) for source in SOURCES]

    def spread(self, part: str, name: str, start: str, metric: str) -> str:
        """平均（最小–最大）。"""
        values = marks(part, name, start, metric=metric, rows=self.rows)
        if not values:
            return "–"
        low, high = percent(min(values)), percent(max(values))
        return f"{percent(statistics.mean(values))}（{low}–{high}）"


def percent(value: float) -> str:
    return f"{100 * value:.0f}"


def means(scores: dict[str, list[float]]) -> dict[str, float]:
    return {name: statistics.mean(values) for name, values in scores.items()}


def timed(run) -> float:
    start = time.perf_counter()
    run.run()
    return time.perf_counter() - start


def sources(model, tokenizer) -> dict[str, float]:
    return {name: round(value, 4) for name, value in bits(model, tokenizer).items()}


if __name__ == "__main__":
    main()
