"""小故事：先有状态，再有计划，最后才有文字。怎样添一个计划，见 README.md。

读的次序：lexicon（词）→ state（状态）→ verbs（动词）→ surface（文字的表面）→ teller（讲故事的人）
→ plans/（一个计划一个文件）→ answers（问题、英文、填空）→ story（一篇，和写许多篇）。
"""

from tinygpt.corpus.stories.answers import Cloze, Question
from tinygpt.corpus.stories.story import HELD_OUT, LONGEST, Story, entropy, registry, stories, write
from tinygpt.corpus.stories.teller import Event

__all__ = [
    "HELD_OUT", "LONGEST", "Cloze", "Event", "Question", "Story", "entropy", "registry", "stories", "write",
]  # fmt: skip
