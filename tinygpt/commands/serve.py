"""tinygpt serve：在网页上与模型说话，也让别的程序照 OpenAI 的格式来用。"""

import asyncio

from tinygpt.commands.arguments import device_argument, model_argument
from tinygpt.commands.chat import template_of, trained_on_own_data
from tinygpt.device import pick_device
from tinygpt.errors import require
from tinygpt.pretrained import load, model_folder
from tinygpt.server.service import Service

HELP = "打开网页与模型说话"
DESCRIPTION = "在这台机器上打开一张网页与模型说话，也让别的程序照 OpenAI 的格式来用。"
OWN_DATA = "提示：这个模型是用你自己的文字训练的，没有读过附带的问答；在网页上选“续写”。"


def add_arguments(parser) -> None:
    model_argument(parser)
    device_argument(parser)
    parser.add_argument("--port", type=int, default=8000, help="端口（默认 8000；0 由系统挑一个）")


def run(args) -> int:
    from tinygpt.server.app import LOOPBACK, listen, serve  # tornado 只有这个命令用，别的命令不等它

    require(0 <= args.port <= 65535, f"--port {args.port}", "0 到 65535 的整数", "例如 --port 8000")
    folder = model_folder(args.model)
    sockets = listen(args.port)  # 先占住端口，再花时间读模型
    name, template = folder.resolve().name, template_of(folder)
    service = Service(*load(folder, pick_device(args.device)), name, template=template)
    address = f"http://{LOOPBACK}:{sockets[0].getsockname()[1]}"
    print(f"网页　　　　{address}/")
    print(f"OpenAI 接口　{address}/v1（模型叫 {service.name}，api_key 写 none）")
    if trained_on_own_data(folder):
        print(OWN_DATA)
    print("只有这台机器能用。按 Ctrl-C 停下。", flush=True)
    asyncio.run(serve(service, sockets))
    return 0
