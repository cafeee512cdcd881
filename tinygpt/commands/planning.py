"""训练哪种形状、怎样训练：由一个预设，或由预算（auto）来定；命令行上给出的总是盖过它们。"""

from dataclasses import dataclass, fields, replace
from pathlib import Path

from tinygpt.checkpoint import read_json
from tinygpt.commands import run_folder
from tinygpt.commands.arguments import check_fraction
from tinygpt.commands.training import train_config
from tinygpt.config import GPTConfig, TrainConfig, reject_unknown
from tinygpt.errors import require
from tinygpt.recipes import FAST, SHORT, Recipe, auto, recipe
from tinygpt.variants.models import config_from

AUTO, USUAL = "auto", "mini"


@dataclass(frozen=True)
class Plan:
    """一次训练的打算。facts、choice 只有 auto 才有：先看文字，再由它们选出 recipe。"""

    args: object
    out: Path
    changes: dict  # 命令行上给出的形状的字段
    name: str
    recipe: Recipe
    facts: auto.Facts | None = None
    choice: auto.Choice | None = None

    def looked(self, source) -> "Plan":
        """auto：数一遍文字。接着训练的，早已定下，不必再数。"""
        if self.name != AUTO or self.args.resume:
            return self
        facts = auto.look(source)
        shape = replace(self.recipe.shape, vocab_size=facts.vocab_size)
        recipe = replace(self.recipe, shape=shape, validation=facts.validation)
        return replace(self, facts=facts, recipe=recipe)

    def chosen(self, ids, vocab_size: int, device) -> "Plan":
        """auto：试走几步，选出形状与参数。"""
        if self.facts is None:
            return self
        ngram = 5 if self.tokenizer == "char" else 1  # BPE 的 token 已经是几个字合起来的
        choice = auto.choose(ids, vocab_size, ngram, 60 * self.config.minutes, device, self.config)
        return replace(self, choice=choice, recipe=replace(choice.recipe, validation=self.facts.validation))

    @property
    def config(self) -> TrainConfig:
        return train_config(self.args, self.out, self.recipe.train)

    @property
    def tokenizer(self) -> str | None:
        """char、bpe 或一个文件；None 是照平常的做法。"""
        wanted = self.facts and self.facts.tokenizer(60 * self.config.minutes)
        return self.args.tokenizer or wanted

    @property
    def vocab_size(self) -> int:
        return self.changes.get("vocab_size", self.recipe.shape.vocab_size)

    @property
    def validation(self) -> float:
        given = self.args.validation_fraction
        return self.recipe.validation if given is None else given

    @property
    def eval_windows(self) -> int | None:
        return self.args.eval_windows or self.recipe.eval_windows

    def shape(self, vocab_size: int) -> GPTConfig:
        return self.recipe.changed(self.changes | {"vocab_size": vocab_size})

    def described(self) -> str:
        return self.choice.described() + "\n" if self.choice else ""

    def record(self) -> dict:
        """写进 run.json 的；接着训练时照它来。"""
        validated = {"validation_fraction": self.validation, "eval_windows": self.eval_windows}
        chosen = {"auto": self.choice.record()} if self.choice else {}
        return {"preset": self.name} | validated | chosen


def planned(args, out: Path, changes: dict) -> Plan:
    """由命令行得到打算；参数不对就报错，什么也没有动。"""
    name = _usual(args, out, changes) if args.preset is None else args.preset
    if name != AUTO:
        chosen = recipe(name)
    elif args.resume:
        chosen = _recorded(out)
    else:
        chosen = Recipe(FAST, replace(SHORT, steps=None, minutes=1.0), eval_windows=100)
        fix = "例如 --minutes 3；或者选一个预设，如 --preset mini --steps 500"
        require(hasattr(args, "minutes"), "--preset auto，没有 --minutes", "给多少时间", fix)
    plan = Plan(args, out, changes, name, chosen)
    plan.shape(plan.vocab_size)
    check_fraction(plan.validation)
    _ = plan.config  # 训练的参数也先检查一遍
    return plan


def _usual(args, out: Path, changes: dict) -> str:
    """没有说预设：给了时间、没有说形状，就由预算定；接着训练的，照原来的。"""
    if args.resume and run_folder.has_state(out):
        return run_folder.record(out).get("preset", USUAL)
    return AUTO if hasattr(args, "minutes") and not changes else USUAL


def _recorded(out: Path) -> Recipe:
    """上次由预算定下的配方：接着训练不重新量，不重新选。"""
    run_folder.check(out, True, False)
    run = run_folder.record(out)
    known = isinstance(run.get("train"), dict) and "validation_fraction" in run
    fix = "给出原来的 --preset 与参数，或换一个 --out 重新训练"
    require(known, f"{out / 'run.json'} 里没有记着配方", "tinygpt train 写下的 run.json", fix)
    shape = config_from(read_json(out / "config.json"))
    reject_unknown(run["train"], [field.name for field in fields(TrainConfig)], "训练参数")
    return Recipe(shape, TrainConfig(**run["train"]), run["validation_fraction"], run.get("eval_windows"))
