"""A Redis of one's own, which lives exactly as long as the block that asked for it."""

import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.postgresql import end_with_parent, free_port, stop

START_SECONDS = 30
# Nothing is written to disk: what it holds is lost when it stops.
SETTINGS = "bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ''\nappendonly no\ndir {folder}\n"


def start_server(folder: str, port: int, password: str) -> subprocess.Popen:
    """The settings go in by standard input: a command line could be read by anybody on the machine."""
    if not shutil.which("redis-server"):
        sys.exit("缺少 Redis：请先运行 sudo apt-get install -y redis-server。")
    server = subprocess.Popen(
        ["redis-server", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: end_with_parent(signal.SIGTERM),
    )
    assert server.stdin
    with server.stdin as settings:
        settings.write(SETTINGS.format(port=port, password=password, folder=folder).encode())
    return server


def wait_until_ready(server: subprocess.Popen, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("未能启动 Redis。")


@contextmanager
def redis() -> Iterator[str]:
    """The address of a running server, gone when the block is left."""
    password, port = secrets.token_hex(16), free_port()
    with tempfile.TemporaryDirectory(prefix="redis-", dir="/tmp") as folder:
        server = start_server(folder, port, password)
        try:
            wait_until_ready(server, port)
            yield f"redis://:{password}@127.0.0.1:{port}/0"
        finally:
            stop(server, signal.SIGTERM)
