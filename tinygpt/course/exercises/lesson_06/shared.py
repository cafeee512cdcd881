"""第 06 课几个练习共用的：一个很小的模型。"""

from torch import nn

from tinygpt.course.exercises.inputs import normal


class Tiny(nn.Module):
    """几十个参数的语言模型，只看当前的 token；记下每次前向时是不是训练状态。"""

    def __init__(self, rng, vocab_size=7, width=5):
        super().__init__()
        self.embedding, self.head = nn.Embedding(vocab_size, width), nn.Linear(width, vocab_size)
        for p in self.parameters():
            p.data.copy_(normal(rng, *p.shape))
        self.modes = []

    def forward(self, ids):
        self.modes.append(self.training)
        return self.head(self.embedding(ids))
