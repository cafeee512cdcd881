"""你的错会怎样：把你写的函数真的装进一个小模型，与正确的写法从同一个种子开始，一起训练或一起写。

    from tinygpt.course.what_if import what_if
    what_if("4.4", attention_weights)

    world.py      小世界：三万字的小故事、两层的小模型；怎样量“写的时候的损失”
    guard.py      一次试验的记录；你的函数出错、停不下来、算出 nan，都记下来，不抛出
    parts.py      你的函数装在模型或训练的哪里（毕业作品的零件，capstone/）
    training.py   一次训练：几百步，量两种损失，再写一段
    stopping.py   一次提前停止：什么时候停，取回哪一次的权重
    writing.py    一次写：用附带的模型，只换选下一个 token 的办法
    trials.py     哪个练习做哪一种试验
    picture.py    两条曲线一张图，一句结论，两段文字
    show.py       what_if 自己
"""

from tinygpt.course.what_if.show import what_if

__all__ = ["what_if"]
