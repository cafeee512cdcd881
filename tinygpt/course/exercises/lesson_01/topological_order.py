"""练习 1.5 倒着走的次序。"""

from tinygpt.course import autograd
from tinygpt.course.diagnosis import Exercise


class Node:
    """只有名字与输入的结点；一张图里的结点合用一个 steps，记着一共看了几次输入。"""

    def __init__(self, name, *inputs):
        self.name, self.parts = name, inputs
        self.steps = inputs[0].steps if inputs else [0]

    @property
    def inputs(self):
        self.steps[0] += 1
        if self.steps[0] > 5000:
            raise RuntimeError("几十个结点看了 5000 次输入：走了回头路")
        return self.parts

    def __repr__(self):
        return self.name


def facts(answer, root, count):
    """次序不止一种是对的，所以比的是它该满足的几条。"""
    nodes = answer(root)
    if not isinstance(nodes, list | tuple):
        return f"返回的是 {type(nodes).__name__}"
    place = {id(node): i for i, node in enumerate(nodes)}
    every = [isinstance(node, Node) for node in nodes]
    return {
        "个数": len(nodes),
        "都是结点": all(every),
        "一个也没有重复": len(place) == len(nodes),
        "都找到了": len(place) == count,
        "输入在前": all(every) and all(place.get(id(x), 99) < place[id(n)] for n in nodes for x in n.parts),
        "root 在最后": bool(nodes) and nodes[-1] is root,
    }


exercise = Exercise(
    "1.5", "倒着走的次序", autograd.order,
    look="先走完一个结点的全部输入，再把它自己放进去；走过的不再走。",
)


def diamond():
    a = Node("a")
    b, c = Node("b", a), Node("c", a)
    return Node("d", b, c)


def long_and_short():
    """a 既是近处的输入，又是远处的：先遇到它，不等于它该排在那里。"""
    a = Node("a")
    b = Node("b", a)
    c = Node("c", b)
    return Node("d", a, c)


@exercise.probe("只有一个结点")
def _(answer, rng):
    return facts(answer, Node("a"), 1)


@exercise.probe("一条链")
def _(answer, rng):
    return facts(answer, Node("c", Node("b", Node("a"))), 3)


@exercise.probe("同一个输入用了两次")
def _(answer, rng):
    a = Node("a")
    return facts(answer, Node("b", a, a), 2)


@exercise.probe("菱形：两条路通到同一个")
def _(answer, rng):
    return facts(answer, diamond(), 4)


@exercise.probe("一条近路，一条远路")
def _(answer, rng):
    return facts(answer, long_and_short(), 4)


@exercise.probe("近路在后面")
def _(answer, rng):
    a = Node("a")
    return facts(answer, Node("d", Node("c", Node("b", a)), a), 4)


@exercise.probe("三个输入，名字都一样")
def _(answer, rng):
    a = Node("x")
    b, c = Node("x", a), Node("x", a)
    return facts(answer, Node("x", b, a, c), 4)


@exercise.probe("接着再排另一张图：不留着上一次的")
def _(answer, rng):
    answer(Node("b", Node("a")))
    return facts(answer, diamond(), 4)


@exercise.probe("许多菱形接在一起：不能走回头路")
def _(answer, rng):
    node = Node("0")
    for i in range(20):
        node = Node(str(i + 1), Node("左", node), Node("右", node))
    return facts(answer, node, 1 + 20 * 3)


@exercise.correct("先记下，再反过来")
def _(root):
    found, state = [], {}
    stack = [(root, iter(root.inputs))]
    state[id(root)] = True
    while stack:
        node, inputs = stack[-1]
        step = next((x for x in inputs if id(x) not in state), None)
        if step is None:
            found.append(node)
            stack.pop()
        else:
            state[id(step)] = True
            stack.append((step, iter(step.inputs)))
    return found


@exercise.correct("递归，用列表")
def _(root):
    found, seen = [], set()

    def walk(node):
        if id(node) in seen:
            return
        seen.add(id(node))
        [walk(x) for x in node.inputs]
        found.append(node)

    walk(root)
    return found


def walked(root, go=lambda node: node.inputs, after=lambda node, found: found.append(node)):
    """递归地走：go 是往哪几个走，after 是走完以后做什么。"""
    found, seen = [], set()

    def walk(node):
        if id(node) in seen:
            return
        seen.add(id(node))
        for x in go(node):
            walk(x)
        after(node, found)

    walk(root)
    return found


def self_first(root):
    """递归地走，走到就先放自己。"""
    found, seen = [], set()

    def walk(node):
        if id(node) not in seen:
            seen.add(id(node))
            found.append(node)
            for x in node.inputs:
                walk(x)

    walk(root)
    return found


@exercise.mutant("没有记下走过的", look="用两次的结点会出现两次；记下走过的，不再走。")
def _(root):
    found = []

    def walk(node):
        for x in node.inputs:
            walk(x)
        found.append(node)

    walk(root)
    return found


@exercise.mutant("没有重复，却走了回头路",
                 look="走过的结点**一进来**就返回：等走完输入再看重不重复，菱形接菱形要走几十万遍。")
def _(root):
    found = []

    def walk(node):
        for x in node.inputs:
            walk(x)
        if node not in found:
            found.append(node)

    walk(root)
    return found


@exercise.mutant("只走了前两个输入", look="输入不止两个时，每个都要走。")
def _(root):
    return walked(root, go=lambda node: node.inputs[:2])


@exercise.mutant("叶子没有放进去", look="没有输入的结点也在里面：它排在最前面。")
def _(root):
    return walked(root, after=lambda node, found: found.append(node) if node.inputs else None)


@exercise.mutant("先放自己，再反过来", look="先放自己再反过来，近路上的结点会排错：先走完输入，再放自己。")
def _(root):
    return self_first(root)[::-1]


@exercise.mutant("返回了集合", look="集合没有次序：用列表记下放进去的先后。")
def _(root):
    return set(walked(root))


@exercise.mutant("按名字认走过的", look="名字可以相同：认的是结点自己，用 id(node)，或把结点放进集合。")
def _(root):
    found, seen = [], set()

    def walk(node):
        if node.name not in seen:
            seen.add(node.name)
            for x in node.inputs:
                walk(x)
            found.append(node)

    walk(root)
    return found


@exercise.mutant("root 排在了最前面",
                 look="输入要排在用它的前面：先走完输入，再放自己；倒过来走是下一题的事，这里不用反过来。")
def _(root):
    return self_first(root)


@exercise.mutant("一层一层地走，再反过来",
                 look="按远近排不行：一个结点可能既近又远，它要排在用到它的最远的那个前面。")
def _(root):
    found, seen, level = [], {id(root)}, [root]
    while level:
        found += level
        following = []
        for node in level:
            for x in node.inputs:
                if id(x) not in seen:
                    seen.add(id(x))
                    following.append(x)
        level = following
    return found[::-1]


@exercise.mutant("只走了第一个输入", look="每个输入都要走。")
def _(root):
    found, node = [], root
    while True:
        found.append(node)
        if not node.inputs:
            return found[::-1]
        node = node.inputs[0]


@exercise.mutant("漏了 root", look="root 自己也在里面，排在最后。")
def _(root):
    return autograd.order(root)[:-1]


@exercise.mutant("只走了一层", look="输入的输入也要走，一直走到头。")
def _(root):
    return [*dict.fromkeys(root.inputs), root]
