"""命令行的各个命令，一个文件一个：HELP（一句话）、DESCRIPTION、add_arguments(parser)、run(args) → 退出代码。

添一个命令：抄一个文件，改名字与内容，在 cli.py 的 COMMANDS 里添上它。
argparse 的中文在 argparse_zh.py，几个命令共用的参数在 arguments.py，共用的打印在 output.py。
"""
