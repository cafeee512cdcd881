"""每一种有名字的错误属于哪个概念：轴、掩码、差一位……一张表，全在这里。

先看练习（有的练习从头到尾练的是一件事），再看错误的名字里有哪些字，从上到下，第一条对得上的算数。
所以每一种错误恰好有一个概念；新添的错误也自动有，不用在几百处登记。
"""

import re
from functools import lru_cache

from tinygpt.course import exercises

CONCEPTS = {
    "就地修改": "改掉了别人的张量或列表",
    "数值": "溢出、nan、ε、容差",
    "掩码": "谁看得见谁，哪些位置不算",
    "随机数": "抽样、打乱、比例",
    "差一位": "从 0 还是从 1 数，错开一位，多一个少一个",
    "边界": "空的、并列的、太长的，什么时候停",
    "轴": "按哪个轴算，轴的次序，要不要转置",
    "形状与类型": "形状、布尔、数与张量",
    "缩放": "乘或除一个系数：√d_k、温度、α/r",
    "平均": "除以什么：和、平均、平均的平均",
    "梯度": "清零、共用、断开的梯度",
    "方向与次序": "符号、大小、先后，两样东西弄反了",
    "漏了一步": "少了一项，少做了一步",
    "公式": "算的是另一样东西",
    "估算": "先猜后算：个数与数量级",
    "诊断": "由曲线认出病因",
}
BY_EXERCISE = {
    "2.1": "掩码", "3.9": "估算", "4.3": "估算", "5.7": "估算", "5.8": "估算", "6.5": "估算",
    "6.8": "诊断", "7.8": "估算", "8.5": "估算", "9.6": "估算", "10.6": "估算", "11.1": "估算",
    "11.9": "估算", "13.7": "估算",
}  # fmt: skip
BY_WORDS = (
    ("就地修改", "改动了|传进来的|返回了同一个|共用以后|先改了"),
    ("数值", "溢出|nan|ε|最大值|不够大|容差|下溢|标准差加了|标准差至少|加了一点|"
             "夹在|单精度"),
    ("掩码", "掩码|遮|补齐|看不见|看得见|看见|偷看|<pad>|−100|没有标签|给了所有位置|特殊 token|提示的 token|"
             "算的是提示|没有选中|问也算|只看前面|只看自己|文字看|图看|编号 0|只改了|位置自己|"
             "后面的输出|其实没有改"),
    ("随机数", "随机|打乱|放回|10 %|选中的全|总是某篇|全是真|全是假|四分之一|"
               "[同那后]一篇|一两篇|紧接着的一篇|掷硬币"),
    ("平均", "先平均|的平均$|除以了行数|没有除以行数"),
    ("轴", "轴|转置|行与列|所有行|按批"),
    ("差一位", "错开|差一|错位|多[数写留给做丢补等取走]了?一|少[写留给丢取等]了?一|多了一|少了一|"
               "早了一位|从 1 数|从第|从 0 |第 0 步|隔了|隔一|跳着|挪|两个两个|最后一对|窗口只有|"
               "多走|只有最后|第一个 token|个位置$|最后一列"),
    ("边界", "eos|并列|空的|k 比|停|末尾|持平|不完整|相等|门槛|不留|什么也不|跨段|半个字|没有出现[时就]|"
             "出现过的一行|句号没有|截|提示|只找了|第一次|超过"),
    ("轴", "按列|按第一|整个张量|整个输出|头与|头排|维排|维与|三份|拼回|d_model|每一对的组合|拆|"
           "q、k、v|全批|几行|一行的几块|的行数"),
    ("形状与类型", "形状|长度是 1|布尔|小数|字符串|并进|Parameter|reshape|"
               "[是了]列表|列表里|元组|字典|集合|float|展平|"
               "Python 的数|整数 0|0 与 −∞|一个张量|是张量|if mask|两位$|逐个相乘|拼上|换成了百万|键的名字"),
    ("梯度", "梯度|清零|复制|训练状态|更新|盖掉"),
    ("方向与次序", "反|符号|正负|交换|方向|变号|负号|倒|从小到大|最小|最少|次序|再走输入|"
                   "先做了|先激活|先加|先放|前面对齐|右边|最前面|最后也|到了最后|马上往下|左边|左上角"),
    ("缩放", "√|d_k|开方|头的个数|温度|α|penalty|β|放大|缩放|学习率|floor"),
    ("平均", "平均|求和|求了和|的和|总和|总数|(?<!每)个数|分母|归一(?!化)|除以|没有除|除了|合计|给了和"),
    ("漏了一步", "忘了|没有|漏|少了|丢|只"),
)  # fmt: skip
OTHERWISE = "公式"


def concept_of(number: str, mutant: str) -> str:
    """练习 number 里叫作 mutant 的错误属于哪个概念。"""
    if number in BY_EXERCISE:
        return BY_EXERCISE[number]
    return next((concept for concept, words in BY_WORDS if re.search(words, mutant)), OTHERWISE)


@lru_cache
def practice() -> dict[str, dict[str, int]]:
    """{练习: {概念: 有几种错误}}，按课的次序。一个练习能犯哪些错，就练哪些概念。"""
    table = {}
    for lesson in exercises.lessons():
        for number, exercise in exercises.exercises(lesson).items():
            table[number] = counts = {}
            for mutant in exercise.mutants:
                concept = concept_of(number, mutant.name)
                counts[concept] = counts.get(concept, 0) + 1
    return table


# ---- 由记录到下一步 ----


def tally(rows: list[dict]) -> dict[str, list[str]]:
    """错误的记录（mistakes.py）→ {概念: 在哪些练习里犯过，一次一个}，犯得多的在前。"""
    found = {}
    for row in rows:
        found.setdefault(concept_of(row["exercise"], row["mutant"]), []).append(row["exercise"])
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def to_practise(concept: str, states: dict[str, str], most: int = 3) -> list[str]:
    """还没有通过的练习里，最能练这个概念的几个；一样能练的按课的次序。"""
    left = [n for n, counts in practice().items() if concept in counts and states.get(n) != "passed"]
    return sorted(left, key=lambda number: -practice()[number][concept])[:most]


def advice(rows: list[dict], states: dict[str, str]) -> str:
    """一句话：最常错在哪里，接下来练哪几个。没有记录就是空的。"""
    for concept, where in tally(rows).items():
        if chosen := to_practise(concept, states):
            numbers = "、".join(dict.fromkeys(where))
            return (
                f"记下的错误里，最多的是“{concept}”（{CONCEPTS[concept]}），"
                f"{len(where)} 次，在练习 {numbers}。再练练它：练习 {'、'.join(chosen)}。"
            )
    return ""
