"""练习 5.5 找错误：共用权重。"""


import torch
import torch.nn.functional as F
from torch import nn

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def tie_by_assignment(embedding, head):
    head.weight = embedding.weight


exercise = Exercise(
    "5.5", "找错误：共用权重", tie_by_assignment,
    look="head.weight 与 embedding.weight 要是**同一个** Parameter：赋值，不是复制。",
)


def pair(rng):
    embedding, head = nn.Embedding(6, 4), nn.Linear(4, 6, bias=False)
    with torch.no_grad():
        embedding.weight.copy_(normal(rng, 6, 4))
        head.weight.copy_(normal(rng, 6, 4))
    return embedding, head


@exercise.probe("数值相同，而且是 embedding 原来的")
def _(answer, rng):
    embedding, head = pair(rng)
    before = embedding.weight.detach().clone()
    answer(embedding, head)
    return {
        "embedding 没有变": torch.equal(embedding.weight, before),
        "输出层是同样的数": torch.equal(head.weight, before),
    }


@exercise.probe("改一个，另一个跟着变")
def _(answer, rng):
    embedding, head = pair(rng)
    answer(embedding, head)
    with torch.no_grad():
        embedding.weight[2] += 1
    return torch.equal(embedding.weight, head.weight)


@exercise.probe("参数只数一次")
def _(answer, rng):
    embedding, head = pair(rng)
    answer(embedding, head)
    return sum(p.numel() for p in nn.ModuleList([embedding, head]).parameters())


@exercise.probe("训练一步以后仍然相同")
def _(answer, rng):
    embedding, head = pair(rng)
    answer(embedding, head)
    optimizer = torch.optim.SGD(nn.ModuleList([embedding, head]).parameters(), lr=0.1)
    F.cross_entropy(head(embedding(torch.tensor([1, 2, 3]))), torch.tensor([2, 3, 4])).backward()
    optimizer.step()
    return torch.equal(embedding.weight, head.weight)


@exercise.probe("两处的梯度加在一起")
def _(answer, rng):
    embedding, head = pair(rng)
    answer(embedding, head)
    ids = torch.tensor([1, 2])
    head(embedding(ids)).sum().backward()
    weight, gradient = embedding.weight, embedding.weight.grad
    expected = torch.zeros(6, 4).index_add(0, ids, weight.sum(0).expand(2, 4)) + weight[ids].sum(0)
    return gradient is not None and torch.allclose(gradient, expected.detach(), atol=1e-5)


@exercise.probe("还是 embedding 原来的那个参数，可以训练")
def _(answer, rng):
    embedding, head = pair(rng)
    before = embedding.weight
    answer(embedding, head)
    return {"embedding 没有换参数": embedding.weight is before, "输出层的可以训练": head.weight.requires_grad}


@exercise.correct("setattr")
def _(embedding, head):
    setattr(head, "weight", embedding.weight)  # noqa: B010


@exercise.correct("register_parameter")
def _(embedding, head):
    del head.weight
    head.register_parameter("weight", embedding.weight)


@exercise.mutant("复制了一份",
                 look="clone、deepcopy、copy_ 得到的都是另一份参数，训练一步以后两份就不同了。"
                      "直接赋值：head.weight = embedding.weight。")
def _(embedding, head):
    head.weight = nn.Parameter(embedding.weight.detach().clone())


@exercise.mutant("外面又包了一层 Parameter",
                 look="nn.Parameter(…) 造了一个新的参数，.data = … 也仍是两个参数：数值虽然同住一处，"
                      "梯度却分成两份，优化器也更新两次。直接赋值：head.weight = embedding.weight。")
def _(embedding, head):
    head.weight = nn.Parameter(embedding.weight.data)


@exercise.mutant("反过来用了输出层的数", look="应当是输出层去用 embedding 的权重。")
def _(embedding, head):
    embedding.weight = head.weight


@exercise.mutant("把 embedding 换成了输出层的复制品",
                 look="方向反了，而且仍是两份：应当让 head.weight 就是 embedding.weight。")
def _(embedding, head):
    embedding.weight = nn.Parameter(head.weight.detach().clone())


@exercise.mutant("转置了",
                 look="nn.Linear 的权重存成（输出，输入），正好与 embedding 的（词表，维数）一样，不用转置。")
def _(embedding, head):
    head.weight = nn.Parameter(embedding.weight.detach().T)


@exercise.mutant("切断了梯度", look="detach 以后输出层那一份不再收到梯度。")
def _(embedding, head):
    del head.weight
    head.weight = embedding.weight.detach()


@exercise.mutant("两边都换成了新的参数",
                 look="只改 head：优化器手里还是 embedding 原来的那个参数，换掉就训练不到了。")
def _(embedding, head):
    embedding.weight = head.weight = nn.Parameter(embedding.weight.detach().clone())


@exercise.mutant("共用以后冻住了", look="共用的权重照样要训练：不要 requires_grad_(False)。")
def _(embedding, head):
    head.weight = embedding.weight
    head.weight.requires_grad_(False)


@exercise.mutant("共用以后又改了数值", look="用的是 embedding 原来的数：共用以后不要再初始化。")
def _(embedding, head):
    head.weight = embedding.weight
    nn.init.zeros_(head.weight)
