"""练习在笔记本的内核里：语法错误之后不判旧的函数；名字还没有定义时，用中文说先运行哪一格。

不在笔记本里（普通的脚本、测试），这里什么也不做。
"""

import ast
import contextlib
import sys

LOST = (
    "“{name}”还没有定义。多半是写它的那一格还没有运行，或者内核重启过："
    "从最前面导入的那一格起，按次序运行到这里。"
)


_checking = False


@contextlib.contextmanager
def checking():
    """with checking(): 执行整本练习，只为判分或取得答案。里面的 what_if 不训练。"""
    global _checking
    _checking = True
    try:
        yield
    finally:
        _checking = False


def only_checking() -> bool:
    return _checking


def live() -> bool:
    """有人坐在 JupyterLab 前面：在笔记本的内核里，又不是在执行整本练习。"""
    return hasattr(shell(), "kernel") and not _checking


def shell():
    """现在的 IPython；不在 IPython 里就是 None。"""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def syntax_error_of(number: str) -> str | None:
    """正在检查的那个名字，最近一次写它的那一格有语法错误：说明的文字；没有就是 None。

    那一格没有运行，内核里留着的是上一次的旧答案。
    """
    inputs = shell().user_ns.get("In", []) if shell() else []
    name = checked_name(inputs[-1], number) if inputs else None
    if name is None:
        return None
    for source in reversed(inputs[:-1]):
        if f"def {name}" in source or f"class {name}" in source or f"{name} =" in source:
            try:
                compile(shell().transform_cell(source), "<练习>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            except SyntaxError as error:
                line = f"第 {error.lineno} 行：{(error.text or '').strip()}"
                why = f"写 {name} 的那一格有语法错误（{line}），没有运行，判的会是旧的答案。"
                return f"{why}改好，运行它，再检查。"
            return None
    return None


def checked_name(source: str, number: str) -> str | None:
    """一格里 check("4.4", softmax) 的第二个参数的名字。"""
    try:
        tree = ast.parse(shell().transform_cell(source))
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) == 2:
            first, second = node.args
            if (
                isinstance(first, ast.Constant)
                and str(first.value) == number
                and isinstance(second, ast.Name)
            ):
                return second.id
    return None


def explain_missing_names() -> None:
    """名字没有定义（NameError）时，在英文的错误后面添一句中文。学习者自己装了别的处理就不动它。"""
    if not shell() or shell().custom_exceptions:
        return

    def explain(self, kind, error, trace, tb_offset=None):
        self.showtraceback((kind, error, trace), tb_offset=tb_offset)
        print(LOST.format(name=error.name), file=sys.stderr)

    shell().set_custom_exc((NameError,), explain)
