"""念几篇：python -m tinygpt.corpus.stories [计划,计划] [篇数] [种子]。只为写计划的人。"""

import sys

from tinygpt.corpus.stories import entropy, stories


def main(arguments: list[str]) -> None:
    plans = arguments[0].split(",") if arguments and arguments[0] != "all" else None
    count, seed = (int(x) for x in (arguments[1:] + ["10", "0"][len(arguments[1:]) :])[:2])
    for story in stories(seed, n_documents=count, plans=plans):
        print(f"【{story.genre}：{story.title}】{len(story.text)} 字\n{story.text}\n")
        for question in story.questions:
            print(f"  问：{question.question} 答：{question.answer}")
        print(f"  摘要：{story.summary}\n  英文：{story.english}\n")
    for plan, bits in entropy(plans=plans).items():
        print(f"{plan}: 每字 {bits:.2f} 比特")


if __name__ == "__main__":
    main(sys.argv[1:])
