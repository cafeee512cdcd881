"""tinygpt 的配置与权重 ↔ transformers 的 GPT2LMHeadModel。

这里知道名字、形状与数字，不知道文件。两边是同一个模型，只是写法不同：

    名字不同                 NAMES 是对照表
    线性层的矩阵转了置         GPT-2 的代码写 x W，矩阵是（输入，输出）；nn.Linear 写 x Wᵀ，是（输出，输入）
    GPT-2 处处有偏置          没有偏置的模型写成偏置全是 0，算出来一样
    层归一化只能在子层之前     norm="post" 的模型写不进去

W^Q、W^K、W^V 两边都排成一个矩阵，次序也相同。来源：transformers 的 modeling_gpt2.py。
"""

import torch
from torch import Tensor

from tinygpt.checkpoint import model_tensors
from tinygpt.config import GPTConfig
from tinygpt.errors import require
from tinygpt.gpt import GPT

NAMES = {
    "token_embedding": "transformer.wte", "position_embedding": "transformer.wpe",
    "transformer.blocks": "transformer.h", "transformer.norm": "transformer.ln_f",
    "attention_norm": "ln_1", "attention.to_qkv": "attn.c_attn", "attention.to_out": "attn.c_proj",
    "feed_forward_norm": "ln_2", "feed_forward.up": "mlp.c_fc", "feed_forward.down": "mlp.c_proj",
}  # fmt: skip
MASKS = ("attn.bias", "attn.masked_bias")  # 旧文件里存着因果掩码，它们不是权重
GELUS = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}  # 后两个是同一个式子
OTHER = "换一个 GPT-2 的文件夹"
INCOMPLETE = "检查 config.json 与权重是不是一起存下的，下载是不是完整"


def gpt2_name(name: str) -> str:
    """例如 transformer.blocks.0.attention.to_qkv.bias → transformer.h.0.attn.c_attn.bias。"""
    for ours, theirs in NAMES.items():
        name = name.replace(ours, theirs)
    return name


def as_gpt2(name: str, tensor: Tensor) -> Tensor:
    """转置注意力与前馈的四个矩阵，别的照旧；再做一次就变回来。name 是 GPT-2 的名字。"""
    matrix = tensor.ndim == 2 and (".attn." in name or ".mlp." in name)
    return tensor.T if matrix else tensor


# ---- 写出 ----


def require_article_gpt(config: GPTConfig) -> None:
    """写出的格式只装得下 GPT 的零件：别的模型（RoPE、值 embedding 之类）报 InputError。"""
    kind = config.to_dict().get("model", "gpt")
    fix = "用 --preset mini 之类训练的模型才能写出；这个模型用 tinygpt generate、chat、serve"
    require(kind == "gpt", f"这个模型是 {kind}", "文章的 GPT", fix)


def to_gpt2_config(config: GPTConfig) -> dict:
    """GPTConfig → transformers 的 config.json；GPT-2 的格式写不下的设置，报 InputError。"""
    require_article_gpt(config)
    fix = "用 --norm pre 重新训练；或者写成 tinygpt export --to numpy，它什么设置都写得下"
    before = "norm = 'pre'：GPT-2 的格式里，层归一化只能在子层之前"
    require(config.norm == "pre", f"这个模型的 norm = {config.norm!r}", before, fix)
    return {
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "dtype": "float32",
        "vocab_size": config.vocab_size, "n_positions": config.context_length, "n_embd": config.n_embd,
        "n_layer": config.n_layer, "n_head": config.n_head, "n_inner": None,
        "activation_function": "gelu" if config.gelu == "erf" else "gelu_new", "layer_norm_epsilon": 1e-5,
        "resid_pdrop": config.dropout, "embd_pdrop": config.dropout, "attn_pdrop": 0.0,
        "tie_word_embeddings": config.tied_head,
    }  # fmt: skip


def to_gpt2_tensors(model: GPT) -> dict[str, Tensor]:
    """模型的权重，GPT-2 的名字与排法。"""
    found = {}
    for name, tensor in model_tensors(model).items():
        theirs = gpt2_name(name)
        found[theirs] = as_gpt2(theirs, tensor)
        if not model.config.bias and name.startswith("transformer."):
            found[theirs.replace(".weight", ".bias")] = torch.zeros(tensor.size(0))
    return found


# ---- 读入 ----


def from_gpt2_config(values: dict) -> GPTConfig:
    """transformers 的 config.json → GPTConfig；tinygpt 算不出的设置，说清是哪一个。"""
    kind, expected = values.get("model_type"), "gpt2：tinygpt 只读得懂 GPT-2 这一种结构"
    require(kind == "gpt2", f"model_type 是 {kind!r}", expected, OTHER)
    width, dropout = values.get("n_embd", 768), values.get("resid_pdrop", 0.1)
    number = isinstance(width, int)
    require(number, f"config.json 的 n_embd = {width!r}", "至少为 1 的整数", INCOMPLETE)
    known = {  # 没有写明时是第一个
        "activation_function": ["gelu_new", *GELUS], "layer_norm_epsilon": [1e-5],
        "n_inner": [None, 4 * width], "scale_attn_weights": [True], "add_cross_attention": [False],
        "scale_attn_by_inverse_layer_idx": [False], "tie_word_embeddings": [True, False],
    }  # fmt: skip
    for name, choices in known.items():
        value, allowed = values.get(name, choices[0]), "、".join(map(str, dict.fromkeys(choices)))
        require(value in choices, f"config.json 的 {name} = {value!r}", f"tinygpt 会算的：{allowed}", OTHER)
    number = isinstance(dropout, int | float)
    require(number, f"config.json 的 resid_pdrop = {dropout!r}", "0 与 1 之间的数", INCOMPLETE)
    return GPTConfig(
        vocab_size=values.get("vocab_size", 50257), context_length=values.get("n_positions", 1024),
        n_layer=values.get("n_layer", 12), n_head=values.get("n_head", 12), n_embd=width, dropout=dropout,
        tied_head=values.get("tie_word_embeddings", True),
        gelu=GELUS[values.get("activation_function", "gelu_new")],
    )  # fmt: skip


def from_gpt2_tensors(tensors: dict[str, Tensor], config: GPTConfig) -> dict[str, Tensor]:
    """GPT-2 的权重 → tinygpt 的名字与排法；少了、多了、形状不对的，说出第一处。"""
    given = {}
    for name, tensor in tensors.items():  # OpenAI 最初的文件里，名字前面没有 transformer.
        whole = name.startswith(("transformer.", "lm_head."))
        given[name if whole else f"transformer.{name}"] = tensor
    if config.tied_head and "lm_head.weight" in given:
        head, fix = given.pop("lm_head.weight"), "两份真的不同，就把 tie_word_embeddings 改成 false"
        same = torch.equal(head, given.get("transformer.wte.weight", head))
        require(same, "config.json 说输出层与 token embedding 共用，权重却是两份不同的", "同一份", fix)
    layers = len({name.split(".")[2] for name in given if name.startswith("transformer.h.")})
    same = layers == config.n_layer
    require(same, f"权重有 {layers} 层", f"{config.n_layer} 层（照 config.json）", INCOMPLETE)
    with torch.device("meta"):  # 只要名字与形状，不占内存
        wanted = model_tensors(GPT(config))
    found = {}
    for ours, shaped in wanted.items():
        name = gpt2_name(ours)
        require(name in given, f"权重里没有 {name}", "GPT2LMHeadModel 的全部权重", INCOMPLETE)
        found[ours] = as_gpt2(name, given.pop(name))
        shape, expected = tuple(found[ours].shape), tuple(shaped.shape)
        require(shape == expected, f"{name} 变成 tinygpt 的排法，形状是 {shape}", f"{expected}", INCOMPLETE)
    extra = sorted(name for name in given if not name.endswith(MASKS))
    require(not extra, f"权重里多出 {extra[:1]}（共 {len(extra)} 个）", "GPT2LMHeadModel 的权重", OTHER)
    return found
