"""server：在网页上与模型说话，也让别的程序照 OpenAI 的格式来用。

    limits → refusal → guard           多大、多少算多；说清楚为什么不答应；谁来问
    requests → engine → responses      收下的 JSON → 怎样写 → 交出的 JSON
    service → handlers → generation → app  网络的那一层，由 tornado 听与答
    page/                              一张网页，也照同样的格式来问

只有最后三个知道 tornado；这里的都不知道命令行，也不知道模型从哪个文件夹来。
"""
