"""一台机器：一步一步写，再打开它，看每一个数从哪里来。

    from tinygpt.course.widgets.machine import crop, machine
    machine(model, tokenizer, "机器学习是")    # 在笔记本里：写、退、岔开，打开机器看到单个的数
    crop("attention")                        # 一张静态的图：整台机器，亮着的是“你在这里”

读的次序：stations.py 列出全部的站，activations.py 用模型自己的零件算出每一站的数，
entries.py 说出一个数怎样算来，layout.py 摆放整台机器，picture.py 画静态的图，widget.py 连接浏览器。
浏览器里的程序在 page/，不联网，不用打包。
"""

from tinygpt.course.widgets.machine.picture import crop, highlight
from tinygpt.course.widgets.machine.widget import Machine, machine

__all__ = ["Machine", "crop", "highlight", "machine"]
