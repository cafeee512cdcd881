"""一页证书：你写了哪些零件、你的损失曲线、你的模型写的话。一个 HTML 文件，没有网络也打得开。"""

import html
from datetime import date
from pathlib import Path

from tinygpt.checkpoint import atomic
from tinygpt.course.capstone.collect import Part

STYLE = """
:root { color-scheme: light dark; --ink: #222; --soft: #666; --line: #0072B2; --paper: #fff; --box: #f4f6f8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eee; --soft: #aaa; --line: #56B4E9; --paper: #181a1b; --box: #25282a; } }
body { margin: 3rem auto; max-width: 42rem; padding: 0 1rem; color: var(--ink); background: var(--paper);
  font: 16px/1.7 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; }
h1 { font-weight: 500; text-align: center; } .own { font-size: 1.4rem; text-align: center; }
blockquote { margin: 1rem 0; padding: .6rem 1rem; background: var(--box); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } td { padding: .15rem .6rem .15rem 0; }
.soft { color: var(--soft); } svg { width: 100%; height: auto; }
"""


def certificate(
    path: str | Path, parts: dict[str, Part], losses: list[float], samples: dict[str, str], shipped: str,
    name: str = "",
) -> Path:
    """写出证书，返回它的路径。

    samples：{提示: 你的模型写的}；shipped：你的第 08 课的答案用附带的矩阵写的一句。
    """
    own = sum(part.own for part in parts.values())
    rows = "".join(
        f"<tr><td>{part.number}</td><td><code>{escape(part.name)}</code></td>"
        f"<td{'' if part.own else ' class=soft'}>{escape(part.source)}</td></tr>"
        for part in parts.values()
    )
    quoted = [f"<blockquote><b>{escape(p)}</b>{escape(text)}</blockquote>" for p, text in samples.items()]
    texts = "".join(quoted)
    title = f"{escape(name)}的 GPT" if name else "我的 GPT"
    page = f"""<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{STYLE}</style>
<h1>{title}</h1>
<p class="own">{len(parts)} 个零件，{own} 个是自己写的</p>
<p class="soft" style="text-align:center">{date.today():%Y 年 %m 月 %d 日}</p>
<h2>它写的</h2>
{texts}
<h2>它学会的经过</h2>
{curve(losses)}
<p class="soft">{len(losses)} 步，损失从 {losses[0]:.2f} 降到 {losses[-1]:.2f}。</p>
<h2>同样的计算，换上附带的矩阵</h2>
<blockquote>{escape(shipped)}</blockquote>
<h2>零件</h2>
<table>{rows}</table>
</html>
"""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def curve(losses: list[float]) -> str:
    """损失的折线，写成 SVG；几百步就每几步取一个平均。"""
    size = max(1, len(losses) // 80)
    points = [sum(losses[i : i + size]) / len(losses[i : i + size]) for i in range(0, len(losses), size)]
    low, high = min(points), max(points)
    xy = [
        (40 + 540 * i / max(1, len(points) - 1), 20 + 160 * (high - y) / max(1e-9, high - low))
        for i, y in enumerate(points)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in xy)
    words = f"损失曲线：从 {losses[0]:.2f} 降到 {losses[-1]:.2f}"
    return (
        f'<svg viewBox="0 0 600 210" role="img" aria-label="{words}"><title>{words}</title>'
        f'<polyline points="{line}" fill="none" stroke="var(--line)" stroke-width="2.5"/>'
        f'<g fill="currentColor" font-size="13"><text x="0" y="25">{high:.1f}</text>'
        f'<text x="0" y="185">{low:.1f}</text><text x="40" y="205">第 1 步</text>'
        f'<text x="580" y="205" text-anchor="end">第 {len(losses)} 步</text></g></svg>'
    )


def escape(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")
