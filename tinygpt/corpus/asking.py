"""问答的写法：训练的文字与探查的提示都用这里的函数，所以两边一字不差。

这里有两种问答：
- 对话：编号 <chat> 打头，接着是"问：…\\n答：…"的行；没有别的文字。
- 读后问答：正文，另起一行，接着是同样的"问：…\\n答：…"的行；同一篇文档，没有 <chat>。
不知道：问题从哪里来，怎样分词。
"""

from collections.abc import Iterable

ASK, ANSWER = "问：", "答："


def asked(question: str) -> str:
    """一个问题，停在该回答的地方。"""
    return f"{ASK}{question}\n{ANSWER}"


def after_passage(text: str, question: str) -> str:
    """正文和一个问题，停在该回答的地方；是 with_questions 所写文档的一段开头。"""
    return f"{text}\n{asked(question)}"


def with_questions(story, questions: Iterable | None = None) -> str:
    """读后问答的文档：story.text，接着依次是各个问题与回答；questions 不给就是 story 的全部问题。"""
    chosen = story.questions if questions is None else questions
    return story.text + "".join(f"\n{asked(q.question)}{q.answer}" for q in chosen)
