"""练习 8.2 拆成各个头。"""

import torch
from einops import rearrange

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def split_with(pattern="t (n h d) -> n h t d", after=lambda parts: parts, heads=lambda n: {"h": n}):
    return lambda qkv, n_head: after(rearrange(qkv, pattern, n=3, **heads(n_head)))


exercise = Exercise(
    "8.2", "拆成各个头", split_with(),
    look="768 = 3 份 × 4 个头 × 64 维，次序是 (n h d)；结果的形状是 (3, 头, token, 维)。",
    assemble=split_with,
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


exercise.edit("头排在了三份的外面", pattern="t (h n d) -> n h t d",
              look="to_qkv 先是全部的 q，再是全部的 k，再是全部的 v：最外面是三份。")
exercise.edit("维排在了头的外面", pattern="t (n d h) -> n h t d",
              look="连续的 64 个数属于同一个头：d 在最里面。")
exercise.edit("三份排在了最里面", pattern="t (h d n) -> n h t d",
              look="to_qkv 先是全部的 q，再是 k，再是 v：最外面是三份。")
exercise.edit("次序整个反了", pattern="t (d h n) -> n h t d", look="从外到里是：第几份、第几个头、第几维。")
exercise.edit("头与 token 的轴没有换", pattern="t (n h d) -> n t h d",
              look="头要排在 token 前面：每个头自己对 token 做注意力。")
exercise.edit("维与 token 的轴反了", pattern="t (n h d) -> n h d t", look="最后一个轴是维，不是 token。")
exercise.edit("三份没有排在最外面", pattern="t (n h d) -> h n t d",
              look="结果的次序是（三份，头，token，维）。")
exercise.edit("token 还在最外面", pattern="t (n h d) -> t n h d",
              look="结果的次序是（三份，头，token，维）。")
exercise.edit("把头数当成了维数", heads=lambda n: {"d": n}, look="n_head 是 h，有几个头；d 由它算出来。")
exercise.edit("头数写死成了 4", heads=lambda n: {"h": 4}, look="头数用 n_head。")
exercise.edit("每个头写死成了 64 维", heads=lambda n: {"d": 64}, look="给 h=n_head，d 由它算出来。")
exercise.edit("只取了查询", after=lambda parts: parts[:1], look="三份都要：q、k、v。")
exercise.edit("只给了查询那一份", after=lambda parts: parts[0], look="三份都要：(3, h, t, d)。")
exercise.edit("三份的次序反了", after=lambda parts: parts.flip(0), look="次序是 q、k、v。")
exercise.edit("查询与键对调了", after=lambda parts: parts[[1, 0, 2]], look="次序是 q、k、v。")
exercise.edit("头的次序反了", after=lambda parts: parts.flip(1), look="第 0 个头在前。")
exercise.edit("三份没有叠在一起", after=list, look="返回一个张量 (3, h, t, d)：用 torch.stack，或不要拆开。")
exercise.mutant("拆的是 token 的轴", lambda qkv, n: qkv.reshape(3, n, qkv.size(0), -1),
                look="直接 reshape 会把不同 token 的数混在一起；先拆最后一个轴，再换轴。")
exercise.mutant("先按 token 的轴分了三份", lambda qkv, n: qkv.reshape(3, qkv.size(0), n, -1).transpose(1, 2),
                look="三份在最后一个轴里：先 (t, 3, h, d)，再换轴。")
