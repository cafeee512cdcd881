"""可以动手调的图。每个都是 Playground：几个控件，一张随控件重画的图，和存在笔记本里的静态替身。"""

from tinygpt.course.widgets.playground import LiveCurve, Playground, choice, slider

__all__ = ["LiveCurve", "Playground", "choice", "slider"]
