"""第 03 课几个练习共用的：数对与合并，训练 BPE 也要用。"""

from collections import Counter


def count_pairs(pieces):
    return Counter(pair for piece in pieces for pair in zip(piece, piece[1:], strict=False))


def merge_pair(piece, pair):
    out, i = [], 0
    while i < len(piece):
        if tuple(piece[i : i + 2]) == tuple(pair):
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(piece[i])
            i += 1
    return out
