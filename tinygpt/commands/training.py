"""训练走起来：占住文件夹，写下来历，进度条，中断，结果。train 与 finetune 共用。"""

import contextlib
import dataclasses
import json
import os
import sys
import time
from pathlib import Path

import torch
from tqdm import tqdm

from tinygpt import batch_finder, checkpoint, costs
from tinygpt.commands import run_folder
from tinygpt.commands.arguments import given
from tinygpt.commands.output import print_json
from tinygpt.commands.signals import stop_between_steps
from tinygpt.config import TrainConfig
from tinygpt.errors import require
from tinygpt.sampling import Sampling, complete
from tinygpt.tokenizer import Tokenizer
from tinygpt.trainer import NonFiniteError


def train_config(args, out: Path, usual: TrainConfig) -> TrainConfig:
    """训练的参数：usual，加上给出的。没有说多久，接着训练就是原来的步数。"""
    changes, length = given(args, TrainConfig), {}
    if changes.keys() & {"steps", "minutes"}:
        changes = {"steps": None, "minutes": None} | changes
    elif args.resume and isinstance(before := run_folder.record(out).get("train"), dict):
        length = {name: before.get(name) for name in ("steps", "minutes")}
    return dataclasses.replace(usual, **(length if any(length.values()) else {}) | changes)


def fastest_batch(config: TrainConfig, build, args) -> TrainConfig:
    """--find-batch：试几种小批，取最快的；接着训练时用原来的。build 由参数造一个不写文件的 Trainer。"""
    before = run_folder.record(Path(args.out)).get("train") if args.resume else None
    if isinstance(before, dict) and {"batch_size", "accumulation"} <= before.keys():
        kept = {name: before[name] for name in ("batch_size", "accumulation")}
        return dataclasses.replace(config, **kept)
    several, fix = int(os.environ.get("WORLD_SIZE", 1)), "先用一个进程找，再把找到的写在命令里"
    require(several == 1, f"--find-batch，可是有 {several} 个进程", "一个进程", fix)
    found = []
    for trial in batch_finder.trials(config, build):
        found.append(trial)
        print(trial, file=sys.stderr)
    chosen = batch_finder.best(found)
    fix = "把模型改小（--n-embd、--n-layer）或 --context-length 减半；关掉别的程序"
    require(chosen.speed is not None, "小批只有一个窗口也放不下", "放得下的模型", fix)
    print(f"用小批 {chosen.batch_size} × 累积 {chosen.accumulation}", file=sys.stderr)
    return dataclasses.replace(config, batch_size=chosen.batch_size, accumulation=chosen.accumulation)


def train_in(trainer, tokenizer: Tokenizer, came_from: dict, args, described: str, write=None) -> int:
    """占住文件夹，写下训练的来历，训练到完。came_from 是数据从哪里来；write 再写别的文件（LoRA 的底子）。"""
    record = came_from | {
        "train": dataclasses.asdict(trainer.config), "tokenizer": tokenizer.fingerprint,
        "device": trainer.device.type, "precision": trainer.precision, "torch": torch.__version__,
        "finished": False,
    }  # fmt: skip
    if trainer.workers.first:
        trainer.out.mkdir(parents=True, exist_ok=True)
    with run_folder.owned(trainer.out) if trainer.workers.first else contextlib.nullcontext():
        if trainer.workers.first:
            # 准备时，别的训练可能刚好来过
            run_folder.check_contents(trainer.out, args.resume, args.overwrite)
        return _train_owned(trainer, tokenizer, record, args, described, write)


def _train_owned(trainer, tokenizer: Tokenizer, record: dict, args, described: str, write) -> int:
    out, say = trainer.out, (lambda *_: None) if args.json else print
    first, from_first = trainer.workers.first, trainer.workers.from_first
    if args.overwrite and first:
        run_folder.remove_run(out)
    if args.resume:
        say(f"接着训练：已经做完 {trainer.resume()} 步")
        if trainer.finished and from_first(lambda: run_folder.is_finished(out)):
            say(f"{out} 里的训练早已做完，什么也没有改。要再练久一些：--steps 比 {trainer.step} 更大的数")
            if args.json:
                print_json(run_folder.record(out) | {"out": str(out)})
            return 0
    say(described)
    if first:
        _write_beginning(trainer, tokenizer, record, write)
    watch = Watch(trainer, tokenizer, None if args.json else getattr(args, "watch", None))
    return _train_loop(trainer, args.json, record, say, watch, write)


def _write_beginning(trainer, tokenizer: Tokenizer, record: dict, write) -> None:
    """训练之前就写下的：分词器、模型的形状、来历。"""
    with checkpoint.atomic(trainer.out / "tokenizer.json") as temporary:
        tokenizer.save(temporary)
    checkpoint.write_json(trainer.out / "config.json", trainer.model.config.to_dict())
    if write:
        write(trainer.out)
    checkpoint.write_json(trainer.out / "run.json", record)


class Watch:
    """训练中隔一段续写一次同一个开头。用自己的随机数生成器，训练的随机数一个也不动。"""

    SHARES = (0.0, 0.1, 0.3, 1.0)  # 训练到几成时写
    LENGTH = 40  # 最多多少个 token，写在一行里

    def __init__(self, trainer, tokenizer: Tokenizer, prompt: str | None):
        self.trainer, self.tokenizer, self.prompt = trainer, tokenizer, prompt
        self.left = [share for share in self.SHARES if share * trainer.total_steps >= trainer.step]
        if trainer.step:  # 接着训练：0 已经写过
            self.left = [share for share in self.left if share > 0]

    def line(self) -> str | None:
        """到时候了就是一行文字，没有到就是 None。"""
        done, total = self.trainer.step, self.trainer.total_steps  # total 为 0：步数还没有量出来
        due = [share for share in self.left if done >= share * total and (total or share == 0)]
        if self.prompt is None or not due:
            return None
        self.left = self.left[len(due) :]
        share = due[-1]
        sampling = Sampling(temperature=0.5)
        options = {"max_new_tokens": self.LENGTH, "sampling": sampling, "seed": 0}
        text = complete(self.trainer.model, self.tokenizer, self.prompt, **options)
        return f"　{share:>4.0%}　{self.prompt}｜{' '.join(text.split())}"


def _train_loop(trainer, as_json: bool, record: dict, say, watch: Watch, write) -> int:
    started, first_tokens = time.perf_counter(), trainer.tokens
    try:
        with stop_between_steps(once=trainer.workers.size == 1) as received:
            _show_progress(trainer, as_json, received, watch)
    except (KeyboardInterrupt, BrokenPipeError) as stopped:
        if trainer.between_steps and trainer.step:
            trainer.save()
        if isinstance(stopped, BrokenPipeError):  # 输出接到 head 之类，它先走了
            raise
        print(f"\n停下了。{run_folder.how_to_go_on(trainer.out)}", file=sys.stderr)
        return 128 + received[0] if received else 130
    except NonFiniteError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 1
    seconds = time.perf_counter() - started
    result = {
        "finished": True, "steps": trainer.step, "best_step": trainer.best_step,
        "val_loss": trainer.best_loss, "tokens": trainer.tokens, "seconds": round(seconds, 1),
        "tokens_per_second": round((trainer.tokens - first_tokens) / seconds),
        "stopped_early": trainer.stopped_early,
    }  # fmt: skip
    if trainer.workers.first:
        if any(not (trainer.out / name).exists() for name in ("config.json", "tokenizer.json")):
            _write_beginning(trainer, watch.tokenizer, record, write)  # 训练时被人删掉了
        checkpoint.write_json(trainer.out / "run.json", record | result)
    if as_json:
        print_json(result | {"out": str(trainer.out)})
    why = "验证损失不再下降，提前停止" if trainer.stopped_early else "训练完成"
    best = f"最好的验证损失 {trainer.best_loss:.4f}（第 {trainer.best_step} 步）"
    say(f"{why}：{trainer.step} 步，{seconds:.0f} 秒；{best}，已存到 {trainer.out}")
    if all(p.requires_grad for p in trainer.model.parameters()):  # 冻结了一些（LoRA），就不是这个算法
        speed, workers = (trainer.tokens - first_tokens) / seconds, trainer.workers.size
        say(f"连评估在内，{costs.describe_speed(trainer.model, speed, trainer.device, workers)}")
    return 0


def _show_progress(trainer, as_json: bool, received: list, watch: Watch) -> None:
    """进度条：损失、每秒 token 数、剩余时间；每次评估另印一行；watch 到时候了也印一行。"""
    if line := watch.line():
        print(line)
    with tqdm(
        total=trainer.total_steps or None, initial=trainer.step, unit="步", disable=as_json,
        dynamic_ncols=True, desc="训练", smoothing=0.05,
    ) as bar:  # fmt: skip
        started, first_tokens, smooth = time.perf_counter(), trainer.tokens, None
        for metrics in trainer:
            smooth = metrics.loss if smooth is None else 0.9 * smooth + 0.1 * metrics.loss
            bar.total = trainer.total_steps
            speed = (metrics.tokens - first_tokens) / (time.perf_counter() - started)
            bar.set_postfix_str(f"损失 {smooth:.3f}，{speed:,.0f} token/秒", refresh=False)
            bar.update(1)
            if as_json:
                print(json.dumps(dataclasses.asdict(metrics)), flush=True)
            elif metrics.val_loss is not None:
                mark = "  ← 最好" if metrics.best else ""
                losses = f"训练 {smooth:.4f}  验证 {metrics.val_loss:.4f}"
                bar.write(f"第 {metrics.step:>5} 步  {losses}  学习率 {metrics.learning_rate:.2e}{mark}")
            if line := watch.line():
                bar.write(line)
            if trainer.workers.any(bool(received)):
                raise KeyboardInterrupt
