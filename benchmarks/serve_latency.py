#!/usr/bin/env python3
"""tinygpt serve 的快慢：从发出请求到收到第一段文字，要多少毫秒；此后一段要多少。

    python benchmarks/serve_latency.py [--model mini] [--rounds 30]

服务在另一个进程里，像使用时那样经过网络接口；每个请求都是流式的，温度 0。先问两次热身，不计。
机器要空着：旁边有训练，量出来的就是别人的快慢。
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import time

QUESTIONS = {
    "短的问题": "你好",
    "长的问题": "请你告诉我，" + "小猫在河边看鱼，小狗在山上看云，" * 8 + "它们各在看什么？",
}


def start(model: str) -> tuple[subprocess.Popen, int, float]:
    """（服务，端口，从启动到能用多少秒）。"""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "tinygpt", "serve", "--model", model, "--port", "0"]
    environment = os.environ | {"PYTHONUTF8": "1"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", env=environment)
    address = next(line for line in server.stdout if "http" in line).split()[-1]
    port = int(address.rstrip("/").rsplit(":", 1)[1])
    ask(port, "你好")
    return server, port, time.perf_counter() - begin


def ask(port: int, question: str) -> list[float]:
    """各段文字到的时候（毫秒，从发出请求算起）。"""
    body = {"messages": [{"role": "user", "content": question}], "temperature": 0, "stream": True}
    connection, begin = http.client.HTTPConnection("127.0.0.1", port, timeout=60), time.perf_counter()
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    answer, times = connection.getresponse(), []
    for line in answer:
        event = line.decode().strip().removeprefix("data: ")
        if event.startswith("{") and json.loads(event)["choices"][0]["delta"].get("content"):
            times.append(1000 * (time.perf_counter() - begin))
    connection.close()
    return times


def shown(values: list[float]) -> str:
    return f"{statistics.median(values):.1f}（{min(values):.1f}–{max(values):.1f}）"


def main() -> None:
    parser = argparse.ArgumentParser(description="量 tinygpt serve 到第一段文字的毫秒数。")
    parser.add_argument("--model", default="mini")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    server, port, seconds = start(options.model)
    try:
        ask(port, "你好")
        print(f"从启动到第一个回答写完：{seconds:.1f} 秒")
        print("| 问题 | 到第一段文字，毫秒 | 此后每段，毫秒 | 段数 |\n|---|---:|---:|---:|")
        for name, question in QUESTIONS.items():
            runs = [ask(port, question) for _ in range(options.rounds)]
            later = [(run[-1] - run[0]) / (len(run) - 1) for run in runs if len(run) > 1]
            print(f"| {name} | {shown([run[0] for run in runs])} | {shown(later) if later else '–'} |"
                  f" {len(runs[0])} |")
    finally:
        server.terminate()
        server.wait(timeout=30)


if __name__ == "__main__":
    main()
