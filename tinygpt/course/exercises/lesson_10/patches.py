"""练习 10.1 把图切成块。"""

import torch
from einops import rearrange

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def cut_with(
    pattern="b c (y h) (x w) -> b (y x) (c h w)", sizes=lambda size: {"h": size, "w": size},
    after=lambda patches: patches,
):  # fmt: skip
    return lambda pictures, size: after(rearrange(pictures, pattern, **sizes(size)))


exercise = Exercise(
    "10.1", "把图切成块", cut_with(),
    look="先把高拆成（第几行块，块里第几行），宽拆成（第几列块，块里第几列）；"
         "块的次序是 (y x)，块里的数是 (c h w)。",
    assemble=cut_with,
)


@exercise.probe("一种颜色，4 × 4，切成 4 块")
def _(answer, rng):
    return answer(torch.arange(16.0).view(1, 1, 4, 4), 2)


@exercise.probe("三种颜色，高与宽不同")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 4, 8), 2)


@exercise.probe("课里的形状：32 × 32，块是 8 × 8")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 32, 32), 8)


@exercise.probe("整张图就是一块")
def _(answer, rng):
    return answer(normal(rng, 1, 3, 4, 4), 4)


@exercise.probe("改一个像素，只动一块")
def _(answer, rng):
    picture = normal(rng, 1, 3, 8, 8)
    changed = picture.clone()
    changed[0, 1, 5, 2] += 1.0
    return (answer(picture, 4) != answer(changed, 4)).any(dim=-1)


@exercise.correct("unfold")
def _(pictures, size):
    return torch.nn.functional.unfold(pictures, size, stride=size).transpose(1, 2)


@exercise.correct("一块一块地切")
def _(pictures, size):
    b, _, height, width = pictures.shape
    found = [
        pictures[:, :, y : y + size, x : x + size].reshape(b, -1)
        for y in range(0, height, size) for x in range(0, width, size)
    ]  # fmt: skip
    return torch.stack(found, dim=1)


exercise.edit("块的次序是先上下、后左右", pattern="b c (y h) (x w) -> b (x y) (c h w)",
              look="像读书一样，先把第一行的块从左到右数完：(y x)。")
exercise.edit("块里把颜色放在了最后", pattern="b c (y h) (x w) -> b (y x) (h w c)",
              look="每一块里，先是红色的全部，再是绿色的、蓝色的：(c h w)。")
exercise.edit("块里的行与列反了", pattern="b c (y h) (x w) -> b (y x) (c w h)",
              look="块里也是一行一行地读：h 在 w 前面。")
exercise.edit("块里的次序整个反了", pattern="b c (y h) (x w) -> b (y x) (w h c)",
              look="块里的数是 (c h w)：颜色在最外面，w 在最里面。")
exercise.edit("隔着取像素，不是连着的一块", pattern="b c (h y) (w x) -> b (y x) (c h w)",
              look="块是连着的像素：(y h)、(x w)，块里的在里面。")
exercise.edit("竖着隔着取了像素", pattern="b c (h y) (x w) -> b (y x) (c h w)",
              look="块是连着的像素：(y h)、(x w)，块里的在里面。")
exercise.edit("一行的几块连成了一块", pattern="b c (y h) (x w) -> b y (x c h w)",
              look="宽也要切：一共 (高 ÷ size) × (宽 ÷ size) 块。")
exercise.edit("颜色没有并进块里", pattern="b c (y h) (x w) -> b (c y x) (h w)",
              look="一块有三种颜色，192 = 3 × 8 × 8；块数里没有颜色。")
exercise.edit("颜色另成了一个轴", pattern="b c (y h) (x w) -> b (y x) c (h w)",
              look="颜色并进块里的那一行数：(c h w)。")
exercise.edit("块还排成行与列", pattern="b c (y h) (x w) -> b y x (c h w)",
              look="块排成一串：(y x) 是一个轴。")
exercise.edit("几张图的块混在了一起", pattern="b c (y h) (x w) -> (b y x) (c h w)",
              look="每张图各是一行：最前面留着 b。")
exercise.edit("块与块里的轴反了", pattern="b c (y h) (x w) -> b (c h w) (y x)",
              look="结果是 (b, 块, 块里的数)。")
exercise.edit("把边长当成了块数", sizes=lambda size: {"y": size, "x": size},
              look="size 是一块的边长（h 与 w），块数由它算出来。")
exercise.edit("边长写死成了 8", sizes=lambda size: {"h": 8, "w": 8}, look="边长是参数 size。")
exercise.edit("只切了第一张图", after=lambda patches: patches[:1], look="一批图都要切。")
exercise.edit("给的是列表", after=list, look="返回一个张量 (b, n, c·size·size)。")
exercise.mutant("直接 reshape",
                lambda p, size: p.reshape(len(p), -1, p.size(1) * size * size),
                look="内存里挨着的是同一行的像素，不是同一块的：要先拆轴，再换次序。")
exercise.mutant("切好了没有换轴就 reshape",
                lambda p, size: p.unfold(2, size, size).unfold(3, size, size)
                .reshape(len(p), -1, p.size(1) * size * size),
                look="unfold 以后颜色还在块的前面：先 permute 成 (b, y, x, c, h, w) 再 reshape。")
exercise.mutant("块一个像素一个像素地挪",
                lambda p, size: torch.nn.functional.unfold(p, size).transpose(1, 2),
                look="块与块不重叠：步长是 size，F.unfold 要写 stride=size。")
