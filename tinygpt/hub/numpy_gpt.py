"""一个 GPT，从文字到文字，只用 numpy：python 这个文件.py 机器学习是

旁边同名的 .safetensors 里是训练好的权重、模型的形状与词表。从上往下读一遍，就是一个语言模型的全部：
文字 → token 的编号 → 向量 → 注意力与前馈，一层又一层 → 下一个 token 的分数 → 文字。
X 的每一行是一个位置的向量。公式的写法照文章《芳林新叶催陈叶：训练出你的简版生成式 GPT》。
"""

import codecs
import json
import math
import re
import sys
from pathlib import Path

import numpy as np

# ---- 一、权重：文件是 8 个字节的长度、一段 JSON 的目录，后面全是数 ----
content = Path(__file__).with_suffix(".safetensors").read_bytes()
start = 8 + int.from_bytes(content[:8], "little")
directory = json.loads(content[8:start])
ABOUT = json.loads(directory.pop("__metadata__")["state"])  # 形状 config，词表 tokens、merges、pattern
W = {}  # {名字: 矩阵}
for name, entry in directory.items():
    begin, end = (start + offset for offset in entry["data_offsets"])
    numbers = np.frombuffer(content[begin:end], {"F32": "<f4", "F16": "<f2"}[entry["dtype"]])
    W[name] = numbers.reshape(entry["shape"]).astype(np.float32)

# ---- 二、分词器：文字 ↔ token 的编号 ----
CONFIG, TOKENS = ABOUT["config"], ABOUT["tokens"]  # TOKENS[编号] 是这个 token 的写法
ID = {token: id for id, token in enumerate(TOKENS)}
RANK = {tuple(pair): rank for rank, pair in enumerate(ABOUT["merges"])}  # 先学到的合并，排名小
EOS = 7  # 编号 0–7 是特殊 token，不是文字；7 表示写完了


def encode(text):
    """文字 → 编号：切成段（汉字、字母、数字、标点、空白），每段拆成最小的符号，再合并成 token。"""
    segments = re.findall(ABOUT["pattern"], text)
    return [ID[token] for part in segments for token in merge([s for c in part for s in symbols(c)])]


def symbols(c):
    """词表里有的字，符号就是它自己；没有的字拆成 UTF-8 字节，如 <0xE5>（按字切的词表没有字节，用 <unk>）。"""
    return [c] if c in ID else [f"<0x{b:02X}>" for b in c.encode()] if "<0x00>" in ID else ["<unk>"]


def merge(tokens):
    """BPE：在相邻的各对里，合并排名最小的那一对；反复做，直到没有一对学过。"""
    while pairs := list(zip(tokens, tokens[1:])):
        best = min(pairs, key=lambda pair: RANK.get(pair, math.inf))
        if best not in RANK:
            break
        at = pairs.index(best)
        tokens[at : at + 2] = [best[0] + best[1]]
    return tokens


def token_bytes(id):
    """一个 token 所写的字节。一个汉字可能分在几个 token 里，凑齐了字节才是字。"""
    token, is_byte = TOKENS[id], re.fullmatch("<0x[0-9A-F]{2}>", TOKENS[id])
    return b"" if id < 8 else bytes.fromhex(token[3:5]) if is_byte else token.encode()


# ---- 三、模型：token 的编号 → 下一个 token 的分数 ----


def softmax(x):
    """每一行变成和为 1 的正数。先减去最大的：结果不变，指数不会溢出。"""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def linear(x, name):
    """x W + b。文件里存的是 Wᵀ；没有偏置的模型，b 就是 0。"""
    return x @ W[name + ".weight"].T + W.get(name + ".bias", 0)


def layer_norm(x, name):
    """LN(x) = (x − 均值) / 标准差 · γ + β，逐行做。"""
    x = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    return x * W[name + ".weight"] + W.get(name + ".bias", 0)


def gelu(x):
    """GELU(x) = x Φ(x)，Φ 是标准正态分布的累积概率；也有模型用 tanh 近似它。"""
    if CONFIG["gelu"] == "tanh":
        return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2
    return x * (1 + np.vectorize(math.erf, otypes=[np.float32])(x / math.sqrt(2))) / 2


def attention(X, name, memory):
    """多头注意力 Concat(head_1, …, head_h) W^O，head = softmax(QKᵀ/√d_k) V。"""
    Q, K, V = np.split(linear(X, name + ".to_qkv"), 3, axis=-1)
    if name in memory:  # 从前各个位置的 K 与 V 不会再变，算过就记着，X 只是新的行（KV 缓存）
        K, V = (np.concatenate(rows) for rows in zip(memory[name], (K, V)))
    memory[name] = K, V
    d_k, heads = Q.shape[1] // CONFIG["n_head"], []
    future = np.triu(np.ones((len(Q), len(K)), dtype=bool), 1 + len(K) - len(Q))  # 因果掩码：不许看的位置
    for i in range(0, Q.shape[1], d_k):  # 每个头各用其中的 d_k 列
        q, k, v = (M[:, i : i + d_k] for M in (Q, K, V))
        heads.append(softmax(np.where(future, -np.inf, q @ k.T / math.sqrt(d_k))) @ v)
    return linear(np.concatenate(heads, axis=-1), name + ".to_out")


def block(X, name, memory):
    """一层解码器：注意力与前馈 FFN(x) = GELU(x W_1 + b_1) W_2 + b_2，各有残差与层归一化。"""
    attend = lambda x: attention(x, name + ".attention", memory)
    feed = lambda x: linear(gelu(linear(x, name + ".feed_forward.up")), name + ".feed_forward.down")
    for sublayer, norm in (attend, name + ".attention_norm"), (feed, name + ".feed_forward_norm"):
        pre = CONFIG["norm"] == "pre"  # 先归一化再进子层（GPT-2）；另一种先相加再归一化（最早的）
        X = X + sublayer(layer_norm(X, norm)) if pre else layer_norm(X + sublayer(X), norm)
    return X


def next_logits(ids, position, memory):
    """ids 是从第 position 个位置起的 token → 再下一个 token 的 logits，词表里每个 token 一个数。"""
    embedding = W["token_embedding.weight"]
    X = embedding[ids] + W["position_embedding.weight"][position : position + len(ids)]
    for layer in range(CONFIG["n_layer"]):  # h_0 = X + P，h_l = Block(h_{l−1})
        X = block(X, f"transformer.blocks.{layer}", memory)
    X = layer_norm(X, "transformer.norm") if CONFIG["norm"] == "pre" else X
    return X[-1] @ W.get("lm_head.weight", embedding).T  # logits = h_L W^U；W^U 常与 embedding 共用


# ---- 四、续写：取分数最高的 token，接上去，再来 ----


def generate(text, most=120):
    """一个一个地给出新的 token，到 <eos> 或满 most 个为止。"""
    new, memory, limit = text, {}, CONFIG["context_length"]
    for _ in range(most):
        token = int(next_logits(new, len(text) - len(new), memory).argmax())
        if token == EOS:
            return
        yield token
        text, new = [*text, token], [token]
        if len(text) > limit:  # 位置用完了：只留最近的一半，从头记起
            new = text = text[-max(1, limit // 2) :]
            memory = {}


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    prompt = sys.argv[1] if len(sys.argv) > 1 else "机器学习是"
    if not 1 <= len(encode(prompt)) <= CONFIG["context_length"]:
        sys.exit(f"开头有 {len(encode(prompt))} 个 token，应该是 1 到 {CONFIG['context_length']} 个。")
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    print(prompt, end="")
    for token in generate(encode(prompt)):
        print(decoder.decode(token_bytes(token)), end="", flush=True)
    print()
