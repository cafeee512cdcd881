"""在笔记本里与模型说话：一个输入框，一份越来越长的对话。

对话写在一个 HTML 控件里，颜色取自 JupyterLab 的主题，亮暗都看得清。
你写的与模型写的都只当文字：<b> 就是这三个字符。
"""

import asyncio
import dataclasses
import html
import unicodedata
from collections.abc import Callable, Iterable

import ipywidgets as widgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from tinygpt.chat import SAMPLING, Conversation, reply
from tinygpt.course import plots
from tinygpt.course.fonts import drawable
from tinygpt.course.widgets.playground import png, slider, still
from tinygpt.errors import InputError

EXAMPLE = ("你好", "什么是机器学习？")
COLUMNS = 86  # 静态的图里，一行多少列（一个汉字两列）
CLOSING = "，。、；：？！”’》）"  # 不放在一行的开头，宁可多出两列
WAIT = 0.15  # 秒：按下回车，浏览器先说“按了”，再送来写的字
NAMES = {"question": "你", "answer": "答"}
# column-reverse：每换一次内容，浏览器都把它滚到最下面，新的话总看得见
FRAME = (
    "display:flex; flex-direction:column-reverse; max-height:340px; overflow-y:auto; box-sizing:border-box;"
    "padding:10px 14px; border:1px solid var(--jp-border-color1,#ccc); border-radius:4px;"
    "background:var(--jp-layout-color1,#fff); color:var(--jp-content-font-color1,#222);"
    "font-family:var(--jp-content-font-family,sans-serif); font-size:var(--jp-content-font-size1,14px);"
    "line-height:1.7"
)
LINE = "display:flex; gap:10px; margin:2px 0"
WORDS = "white-space:pre-wrap; overflow-wrap:anywhere; min-width:0"
NAME_COLORS = {"question": "var(--jp-content-font-color2,#555)", "answer": "var(--jp-brand-color1,#06c)"}


def dialogue_html(turns: Iterable[tuple[str, str]], hint: str = "") -> str:
    """问答 → HTML；文字都转义。hint 是还没有说话时的一句话。"""
    lines = [_line_html(kind, text) for turn in turns for kind, text in zip(NAMES, turn)]
    lines = lines or [f'<div style="color:var(--jp-content-font-color2,#555)">{html.escape(hint)}</div>']
    frame = f'<div role="log" aria-label="对话" tabindex="0" style="{FRAME}">'
    return f"{frame}<div>{''.join(lines)}</div></div>"


def _line_html(kind: str, text: str) -> str:
    name = f'<b style="flex:none; color:{NAME_COLORS[kind]}">{NAMES[kind]}</b>'
    return f'<div style="{LINE}">{name}<span style="{WORDS}">{html.escape(text)}</span></div>'


def draw_dialogue(turns: Iterable[tuple[str, str]]) -> Figure:
    """问答 → 静态的图，没有内核时显示。"""
    rows = [
        (NAMES[kind] if i == 0 else "", line, kind)
        for turn in turns for kind, text in zip(NAMES, turn) for i, line in enumerate(_wrap(drawable(text)))
    ]  # fmt: skip
    figure, ax = plt.subplots(figsize=(7.6, 0.3 * len(rows) + 0.3))
    for y, (name, line, kind) in enumerate(rows):
        color = plots.INK if kind == "question" else plots.COLORS[0]
        ax.text(0, y, name, color=color, va="center")
        ax.text(0.045, y, line, color=plots.INK, va="center", parse_math=False)
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    ax.axis("off")
    plots.finish(ax)
    return figure


def _wrap(text: str) -> list[str]:
    """按显示的宽度折行；一个汉字两列。"""
    lines, width = [""], 0
    for c in text:
        wide = 2 if unicodedata.east_asian_width(c) in "WF" else 1
        if c == "\n" or width + wide > COLUMNS + (4 if c in CLOSING else 0):
            lines.append("")
            width = 0
        if c != "\n":
            lines[-1] += c
            width += wide
    return lines


class ChatPlayground:
    """输入框、发送、重新开始、温度；对话边写边显示。

    在没有内核的地方（网页、没有信任的笔记本），显示 example 这几句与模型的回答，是一张静态的图。
    """

    def __init__(self, model, tokenizer, example: Iterable[str] = EXAMPLE, seed: int | None = None):
        self.model, self.tokenizer, self.seed = model, tokenizer, seed
        self.conversation = Conversation()
        self.log = widgets.HTML(layout=widgets.Layout(width="auto"))
        self.text = widgets.Text(
            placeholder="写一句话，按回车", continuous_update=False, layout=widgets.Layout(flex="1 1 auto")
        )
        self.send_button = widgets.Button(description="发送", button_style="primary")
        self.again_button = widgets.Button(description="重新开始")
        self.temperature = slider("温度", SAMPLING.temperature, 0.1, 2.0, 0.1)
        self.message = widgets.Label("")
        self.text.on_msg(self._pressed)
        self.send_button.on_click(lambda _: self._clicked(self.send))
        self.again_button.on_click(lambda _: self._clicked(self.restart))
        for button in (self.send_button, self.again_button):
            button.layout.width, button.layout.flex = "90px", "0 0 auto"
        row = widgets.HBox([self.text, self.send_button, self.again_button])
        layout = widgets.Layout(max_width="720px")
        self.box = widgets.VBox([self.log, row, self.temperature, self.message], layout=layout)
        self._show()
        self.image = widgets.Image(value=self._draw_example(tuple(example)), format="png")

    def _draw_example(self, questions: tuple[str, ...]) -> bytes:
        conversation = Conversation()
        for question in questions:
            answer = "".join(reply(self.model, self.tokenizer, conversation, question, seed=0))
            conversation = conversation.add(question, answer)
        return png(draw_dialogue(conversation.turns))

    def _show(self, *unfinished: tuple[str, str]) -> None:
        turns = (*self.conversation.turns, *unfinished)
        self.log.value = dialogue_html(turns, "还没有说话。它看得见这里的前几轮，“重新开始”就都忘掉。")

    def _pressed(self, _, content: dict, __) -> None:
        """按了回车。写的字随后才送到，所以等一等再读；没有事件循环（测试里）就立刻读。"""
        if content.get("event") != "submit":
            return
        try:
            asyncio.get_running_loop().call_later(WAIT, self.send)
        except RuntimeError:
            self.send()

    def send(self) -> None:
        """把输入框里的话说给模型听，边写边显示；出错时话留在框里，错误写在下面。

        写的时候输入框照样能用：停用了它，你接着打的字母会落到笔记本上，那里一个 x 就剪掉一格。
        """
        question = self.text.value.strip()
        if not question:
            return
        self.message.value = ""
        try:
            self._answer(question)
        except InputError as error:
            self.message.value = f"{error.found}。{error.fix}。"
        except Exception as error:  # noqa: BLE001 控件的回调里抛出的错误没有人看得见，所以写出来
            self.message.value = f"出错了：{error}"
        finally:
            self._show()

    def _answer(self, question: str) -> None:
        sampling, said = dataclasses.replace(SAMPLING, temperature=self.temperature.value), ""
        options = {"sampling": sampling, "seed": self.seed}
        pieces = reply(self.model, self.tokenizer, self.conversation, question, **options)
        self.text.value = ""  # 问题合适才清空
        self._show((question, "…"))
        for piece in pieces:
            said += piece
            self._show((question, said + " …"))
        if said:
            self.conversation = self.conversation.add(question, said)
        else:
            self.message.value = "它什么也没有说。换一句话，或把温度调高些。"

    def _clicked(self, action: Callable[[], None]) -> None:
        """按了按钮：光标回到输入框，再做。"""
        self.text.focus()
        action()

    def restart(self) -> None:
        """忘掉全部历史。"""
        self.conversation, self.message.value = Conversation(), ""
        self._show()

    def _repr_mimebundle_(self, include=None, exclude=None):
        note = "与模型说话的控件：输入框、发送、重新开始、温度。图里是几句例子，回答由模型写出。"
        return self.box._repr_mimebundle_() | still(note, self.image)


def chat_playground(
    model, tokenizer, example: Iterable[str] = EXAMPLE, seed: int | None = None
) -> ChatPlayground:
    """在笔记本里与模型说话。seed 给定时，同样的对话得到同样的回答。"""
    return ChatPlayground(model, tokenizer, example, seed)
