"""模板：一问一答怎样写成文字。

训练与使用必须用同一个写法，所以只写在这里一处：对话（chat.py）、读问答的数据（rows.py）、微调（pairs.py）都用它。
默认的写法是

    问：你好
    答：你好！很高兴见到你。

轮与轮之间换行；编号怎样加在前后（<chat> 打头，<eos> 收尾），这里不知道。
"""

from dataclasses import dataclass

from tinygpt.errors import require

DEFAULT = "问：{prompt}\n答：{answer}"


def one_line(text: str) -> str:
    """换行与连着的空白变成一个空格：一问一答各占一行，问题里写“换行、问：”也变不出新的一轮。"""
    return " ".join(text.split())


@dataclass(frozen=True)
class Template:
    """一轮的写法：text 里有一个 {prompt}，以 {answer} 结尾；写作 \\n 的两个字符就是换行。"""

    text: str = DEFAULT

    def __post_init__(self):
        object.__setattr__(self, "text", self.text.replace("\\n", "\n"))
        found, fix = f"模板 {self.text!r}", f"例如 {DEFAULT!r}（默认的）"
        once = self.text.count("{prompt}") == self.text.count("{answer}") == 1
        require(once, found, "{prompt} 与 {answer} 各出现一次", fix)
        require(self.text.endswith("{answer}"), found, "以 {answer} 结尾：模型停在那里，接着写回答", fix)
        require(self.between.strip(), found, "{prompt} 与 {answer} 之间有字，模型才知道该回答了", fix)

    @property
    def before(self) -> str:
        """问题前面的字，默认“问：”。"""
        return self.text.partition("{prompt}")[0]

    @property
    def between(self) -> str:
        """问题与回答之间的字，默认“换行、答：”。"""
        return self.text.partition("{prompt}")[2].removesuffix("{answer}")

    @property
    def stop(self) -> str | None:
        """模型写到这里，是要替人提问了；问题前面没有字，就只认 <eos>。"""
        return "\n" + self.before.strip()[:1] if self.before.strip() else None

    def ask(self, prompt: str) -> str:
        """一个问题，停在该回答的地方。"""
        return self.before + one_line(prompt) + self.between

    def write(self, turns) -> str:
        """几轮问答写成一篇文字，末尾没有换行。"""
        return "\n".join(self.ask(prompt) + answer for prompt, answer in turns)
