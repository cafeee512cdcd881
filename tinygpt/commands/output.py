"""几个命令共用的打印。"""

import json


def print_json(values) -> None:
    """印成 JSON，中文照写。"""
    print(json.dumps(values, ensure_ascii=False, indent=1))
