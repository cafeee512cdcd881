"""一步一步与包里的 GPT 比：同样的权重，同样的输入，每个零件算出来的差多少，哪一个先不同。"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tinygpt.config import GPTConfig
from tinygpt.course.capstone.collect import Part
from tinygpt.course.capstone.model import AssembledGPT
from tinygpt.course.differences import difference
from tinygpt.course.probing import Raised, copied, fixed_world, last_line
from tinygpt.gpt import GPT


@dataclass(frozen=True)
class Stage:
    """一步：名字，用到的练习，哪里不同（None 是相同）。"""

    name: str
    number: str
    wrong: str | None


def same_weights(model: AssembledGPT, config: GPTConfig) -> GPT:
    """形状、权重都与 model 相同的包里的 GPT；注意力的偏置是 0。"""
    package = GPT(config).eval()
    names = {"w_qkv": "attention.to_qkv.weight", "w_out": "attention.to_out.weight",
             "norm1_weight": "attention_norm.weight", "norm1_bias": "attention_norm.bias",
             "norm2_weight": "feed_forward_norm.weight", "norm2_bias": "feed_forward_norm.bias",
             "w1": "feed_forward.up.weight", "b1": "feed_forward.up.bias",
             "w2": "feed_forward.down.weight", "b2": "feed_forward.down.bias"}  # fmt: skip
    theirs = dict(package.named_parameters())
    with torch.no_grad():
        theirs["token_embedding.weight"].copy_(model.tokens.weight)
        theirs["position_embedding.weight"].copy_(model.positions)
        for i, layer in enumerate(model.layers):
            for mine, name in names.items():
                theirs[f"transformer.blocks.{i}.{name}"].copy_(layer[mine])
        for name in ("weight", "bias"):
            theirs[f"transformer.norm.{name}"].copy_(model.last[name])
    return package


def captured(package: GPT, ids: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """包里的 GPT 算一遍：{模块的名字: （进去的，出来的）}。"""
    seen = {}

    def keep(name):
        def hook(module, inputs, output):
            seen[name] = inputs[0], output

        return hook

    hooks = [module.register_forward_hook(keep(name)) for name, module in package.named_modules()]
    with torch.no_grad():
        package(ids)
    for hook in hooks:
        hook.remove()
    return seen


def compare(parts: dict[str, Part], config: GPTConfig, ids: Tensor) -> list[Stage]:
    """每一步都给零件与包里相同的输入，所以一个零件错了，不连累后面的。"""
    model = AssembledGPT(parts, config)
    with torch.no_grad():
        for parameter in model.parameters():  # 新模型的偏置全是 0、层归一化全是 1，错了也看不出来
            parameter.add_(0.1 * torch.randn_like(parameter))
    package = same_weights(model, config)
    seen = captured(package, ids)
    use, stages = model.use, []

    def stage(name: str, number: str, run: Callable, expected: Any) -> None:
        stages.append(Stage(name, number, wrong(run, expected)))

    h0, last = seen["transformer"]
    logits = seen["lm_head"][1]
    stage("h_0 = X + P", "5.1", lambda: use["5.1"](ids, model.tokens.weight, model.positions), h0)
    for i, layer in enumerate(model.layers):
        at = f"transformer.blocks.{i}"
        x, y = seen[f"{at}.attention_norm"]
        stage(f"第 {i + 1} 层　层归一化", "5.3",
              lambda x=x, w=layer: use["5.3"](x, w["norm1_weight"], w["norm1_bias"]), y)
        x, y = seen[f"{at}.attention"]
        stage(f"第 {i + 1} 层　多头注意力", "4.6",
              lambda x=x, w=layer: use["4.6"](x, w["w_qkv"], w["w_out"], config.n_head), y)
        x, y = seen[f"{at}.feed_forward"]
        stage(f"第 {i + 1} 层　前馈网络", "5.2",
              lambda x=x, w=layer: use["5.2"](x, w["w1"], w["b1"], w["w2"], w["b2"]), y)
        x, y = seen[at]
        stage(f"第 {i + 1} 层　装在一起", "5.4", lambda x=x, w=layer: model.block(x, w), y)
    stage("共用权重的输出层", "5.5", lambda: model.head(last), logits)
    stage("整个模型的 logits", "全部", lambda: model(ids), logits)
    labels = ids.roll(-1, dims=1)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    stage("交叉熵", "5.6", lambda: use["5.6"](logits, labels), loss)
    return stages


def wrong(run: Callable, expected: Any) -> str | None:
    """run() 与 expected 的第一处不同；出错也是不同。"""
    try:
        with fixed_world(0), torch.no_grad():
            found = copied(run())
    except Exception as error:  # noqa: BLE001 学习者的代码
        found = Raised(type(error).__name__, str(error), last_line(error))
    return difference(found, expected.detach(), rtol=1e-3, atol=1e-4)


def report(stages: list[Stage]) -> str:
    """一行一步；最后一句说哪一个先不同。"""
    rows = [
        f"{'✗' if stage.wrong else '✓'} {stage.name}（练习 {stage.number}）　{stage.wrong or ''}".rstrip()
        for stage in stages
    ]
    first = next((stage for stage in stages if stage.wrong), None)
    verdict = f"最先不同的是：{first.name}，练习 {first.number}。" if first else "每一步都与包里的 GPT 相同。"
    return "\n".join([*rows, verdict])
