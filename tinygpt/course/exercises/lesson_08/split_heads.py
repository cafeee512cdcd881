"""练习 8.2 拆成各个头。"""

import torch
from einops import rearrange

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def split_with(pattern="t (n h d) -> n h t d"):
    return lambda qkv, n_head: rearrange(qkv, pattern, n=3, h=n_head)


exercise = Exercise(
    "8.2", "拆成各个头", split_with(),
    look="768 = 3 份 × 4 个头 × 64 维，次序是 (n h d)；结果的形状是 (3, 头, token, 维)。",
)


@exercise.probe("3 个 token、2 个头")
def _(answer, rng):
    return answer(torch.arange(3 * 24).view(3, 24), 2)


@exercise.probe("文章的形状：3 个 token、4 个头、64 维")
def _(answer, rng):
    return answer(normal(rng, 3, 768), 4)


@exercise.probe("头数与维数相同")
def _(answer, rng):
    return answer(normal(rng, 2, 48), 4)


@exercise.probe("1 个头")
def _(answer, rng):
    return answer(normal(rng, 4, 12), 1)


@exercise.correct("view 与 permute")
def _(qkv, n_head):
    return qkv.view(qkv.size(0), 3, n_head, -1).permute(1, 2, 0, 3)


@exercise.correct("切三份再堆起来")
def _(qkv, n_head):
    return torch.stack([part.unflatten(1, (n_head, -1)).transpose(0, 1) for part in qkv.chunk(3, dim=1)])


exercise.mutant("头排在了三份的外面", split_with("t (h n d) -> n h t d"),
                look="to_qkv 先是全部的 q，再是全部的 k，再是全部的 v：最外面是三份。")
exercise.mutant("维排在了头的外面", split_with("t (n d h) -> n h t d"),
                look="连续的 64 个数属于同一个头：d 在最里面。")
exercise.mutant("三份排在了最里面", split_with("t (h d n) -> n h t d"),
                look="to_qkv 先是全部的 q，再是 k，再是 v：最外面是三份。")
exercise.mutant("头与 token 的轴没有换", split_with("t (n h d) -> n t h d"),
                look="头要排在 token 前面：每个头自己对 token 做注意力。")
exercise.mutant("维与 token 的轴反了", split_with("t (n h d) -> n h d t"),
                look="最后一个轴是维，不是 token。")
exercise.mutant("拆的是 token 的轴", lambda qkv, n: qkv.reshape(3, n, qkv.size(0), -1),
                look="直接 reshape 会把不同 token 的数混在一起；先拆最后一个轴，再换轴。")
exercise.mutant("只取了查询", lambda qkv, n: split_with()(qkv, n)[:1], look="三份都要：q、k、v。")
exercise.mutant("三份的次序反了", lambda qkv, n: split_with()(qkv, n).flip(0), look="次序是 q、k、v。")
