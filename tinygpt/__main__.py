"""python -m tinygpt 与命令 tinygpt 相同（在没有把脚本放进 PATH 的机器上用）。"""

import sys

from tinygpt.cli import main

sys.exit(main())
