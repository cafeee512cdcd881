"""控件与图的连接：控件一变，就重画一张图。

不用 interact 与 Output 控件：它们的内容存进笔记本以后再运行一遍会多出输出，测试就对不上。
这里观察每个控件的 value，重画之后换掉 Image 控件的内容。
"""

import base64
import io
from collections.abc import Callable, Mapping

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import traitlets
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from tinygpt.course import plots
from tinygpt.errors import InputError

LABEL = {"description_width": "initial"}


def slider(label: str, value: float, low: float, high: float, step: float = 1) -> widgets.Widget:
    """滑块；四个数都是整数时取整数，否则取小数。拖动时就重画：上一张没有画好，浏览器就不送下一个取值。"""
    whole = all(float(number).is_integer() for number in (value, low, high, step))
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    number = int if whole else float
    return kind(
        number(value), min=number(low), max=number(high), step=number(step), description=label, style=LABEL,
        layout=widgets.Layout(width="360px"),
    )  # fmt: skip


def choice(label: str, options: list | Mapping, value=None) -> widgets.Dropdown:
    """下拉菜单；options 是一列取值，或 {显示的字: 取值}。"""
    options = list(options.items()) if isinstance(options, Mapping) else list(options)
    extra = {} if value is None else {"value": value}
    layout = widgets.Layout(width="360px")
    return widgets.Dropdown(options=options, description=label, style=LABEL, layout=layout, **extra)


def typed(label: str, suggestions: list[str]) -> widgets.Widget:
    """输入框：写什么都行，suggestions 是现成的几个，先放第一个；按回车（或移开）才重画。"""
    return widgets.Combobox(
        value=suggestions[0], options=suggestions, description=label, style=LABEL, ensure_option=False,
        continuous_update=False, layout=widgets.Layout(width="360px"),
    )  # fmt: skip


def png(figure: Figure) -> bytes:
    """图画成 PNG 的字节，然后关掉它。排版时顺便就画；savefig 为了排版要先空画一遍，拖动时嫌慢。"""
    canvas, buffer = FigureCanvasAgg(figure), io.BytesIO()
    canvas.draw()
    Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).save(buffer, "png", compress_level=1)
    plt.close(figure)
    return buffer.getvalue()


class Picture(widgets.Image):
    """一张图：照它自己的大小，不随页面拉宽，放不下才缩小；屏幕阅读器读 note，鼠标停在上面也看得到。

    description 是空的，也不显示：ipywidgets 在页面里写 note 以前要看它；Image 自己没有，就画不出来。
    """

    description = traitlets.Unicode("").tag(sync=True)

    def __init__(self, png: bytes, note: str):
        layout = widgets.Layout(max_width="100%", align_self="flex-start")
        super().__init__(value=png, format="png", tooltip=note, layout=layout)


def still(note: str, image: widgets.Image) -> dict[str, str]:
    """没有内核时显示的：一句说明与静态的图。"""
    return {"text/plain": note, "image/png": base64.b64encode(bytes(image.value)).decode("ascii")}


class Playground:
    """一组控件和一张图。

    参数
    ----
    draw: 收下 {名字: 控件的取值}（按名字传入），返回一张 matplotlib 的 Figure。
    controls: {名字: 控件}，名字就是 draw 的参数名。
    note: 一句说明，写在文字输出里，屏幕阅读器与纯文本环境看到它。

    在 JupyterLab 里显示控件；在没有内核的地方（网页、没有信任的笔记本）显示同一张图的静态 PNG。
    draw 出错时图不换，错误写在图的下面。
    """

    def __init__(self, draw: Callable[..., Figure], controls: dict[str, widgets.Widget], note: str):
        self.draw, self.controls, self.note = draw, controls, note
        self.image = Picture(self.render(), note)
        self.message = widgets.Label("")
        for control in controls.values():
            control.observe(self.redraw, names="value")
        self.box = widgets.VBox([*controls.values(), self.image, self.message])

    @property
    def values(self) -> dict:
        """各控件现在的取值。"""
        return {name: control.value for name, control in self.controls.items()}

    def set(self, values: dict) -> None:
        """几个控件一起换成 values 里的取值，只重画一次。"""
        for control in self.controls.values():
            control.unobserve(self.redraw, names="value")
        for name, value in values.items():
            self.controls[name].value = value
        for control in self.controls.values():
            control.observe(self.redraw, names="value")
        self.redraw()

    def render(self) -> bytes:
        """按现在的取值画一张图，返回 PNG 的字节。"""
        return png(self.draw(**self.values))

    def redraw(self, change=None) -> None:
        """重画，换掉图。"""
        try:
            with plots.redrawing():
                self.image.value, self.message.value = self.render(), ""
        except InputError as error:
            self.message.value = f"{error.found}。{error.fix}。"
        except Exception as error:  # noqa: BLE001 控件的回调里抛出的错误没有人看得见，所以写出来
            self.message.value = f"这组取值画不出来：{error}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.box._repr_mimebundle_() | still(self.note, self.image)


class LiveCurve:
    """训练时不断更新的损失曲线：先显示，训练中一次次 update。

    坐标轴一开始就定好：横轴到 steps 步，虚线是瞎猜的损失 guess；曲线长出来的时候，轴不跟着跳。
    存进笔记本的是还没有曲线的那一张；训练完以后请另画一张静态的图。
    """

    def __init__(self, steps: int, guess: float, note: str):
        self.steps, self.guess, self.note = steps, guess, note
        self.image = Picture(self._draw([]), note)

    def update(self, losses) -> None:
        """换成新的曲线；losses 是从第 1 步到现在的全部。"""
        self.image.value = self._draw(list(losses))

    def _draw(self, losses: list) -> bytes:
        figure, ax = plt.subplots(figsize=(6.0, 2.8))
        ax.axhline(self.guess, linestyle=":", color="#4D4D4D")
        ax.text(self.steps, 1.03 * self.guess, f"瞎猜的损失 {self.guess:.2f}", ha="right", va="bottom")
        ax.plot(range(1, len(losses) + 1), losses)
        ax.set(xlabel="步", ylabel="损失", xlim=(0, self.steps), ylim=(0, 1.2 * self.guess))
        return png(figure)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.image._repr_mimebundle_() | still(self.note, self.image)
