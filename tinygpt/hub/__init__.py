"""外面的世界用的格式。

    gpt2          tinygpt 的配置与权重 ↔ transformers 的 GPT-2
    huggingface   一整个文件夹：写出，读入，从 Hub 下载
    program       写出一个只用 numpy 的程序
    numpy_gpt     那个程序自己，照原样复制出去；这里从不导入它

这里知道模型、分词器与文件夹；模型与分词器不知道这里。transformers 一行也不用：格式是公开的，照着写就行，
测试才用它来核对。
"""
