"""Runs a command beside a PostgreSQL of its own, which lives exactly as long.

usage: python -m scripts.postgresql COMMAND [ARGUMENT…]

The server has a new folder under /tmp, a free port on 127.0.0.1 and a password of its own; the
command finds it in DATABASE_URL. It is fast, not safe: what it holds is lost when it stops.
"""

import ctypes
import os
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
from glob import glob
from pathlib import Path
from typing import Any

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
START_SECONDS = 60
FAST_SHUTDOWN = signal.SIGINT  # as PostgreSQL reads it
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def binaries() -> Path:
    """The newest server on this machine. Debian and Ubuntu keep theirs off the PATH."""
    found = glob("/usr/lib/postgresql/*/bin/initdb")
    if found:
        return max((Path(path).parent for path in found), key=lambda folder: float(folder.parent.name))
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    sys.exit("缺少 PostgreSQL：请先运行 sudo apt-get install -y postgresql。")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: root lends it the user that its package made."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def end_with_parent(how: signal.Signals) -> None:
    """Even a parent killed outright takes its children along. Runs in the child, before its program."""
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, how)


def create_cluster(folder: Path, password: str) -> None:
    password_file = folder / "password"
    password_file.write_text(password)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        shutil.chown(password_file, "postgres", "postgres")
    options = ["--no-sync", "--no-locale", "--encoding=UTF8", "--auth=scram-sha-256", "--username=register"]
    subprocess.run(
        [binaries() / "initdb", *options, f"--pwfile={password_file}", f"--pgdata={folder / 'data'}"],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        **unprivileged(),
    )


def start_server(folder: Path, port: int) -> subprocess.Popen:
    """The server in a session of its own: Ctrl-C reaches the command first, and then us."""
    settings = SETTINGS | {"port": str(port), "unix_socket_directories": str(folder)}
    arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    with open(folder / "log", "wb") as log:
        return subprocess.Popen(
            [binaries() / "postgres", "-D", folder / "data", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=lambda: end_with_parent(FAST_SHUTDOWN),
            **unprivileged(),
        )


def wait_until_ready(server: subprocess.Popen, folder: Path) -> None:
    """The server writes `ready` into its pid file once it takes connections."""
    pid_file = folder / "data" / "postmaster.pid"
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        if pid_file.exists() and pid_file.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.05)
    sys.exit(f"未能启动 PostgreSQL：\n{(folder / 'log').read_text()}")


def stop(process: subprocess.Popen, how: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a running server, gone with its folder when the block is left."""
    password, port = secrets.token_hex(16), free_port()
    with tempfile.TemporaryDirectory(prefix=f"postgresql-{os.getpid()}-", dir="/tmp") as name:
        folder = Path(name)
        create_cluster(folder, password)
        server = start_server(folder, port)
        try:
            wait_until_ready(server, folder)
            yield f"postgres://register:{password}@127.0.0.1:{port}/postgres"
        finally:
            stop(server, FAST_SHUTDOWN)


def run(*command: str, database: str) -> int:
    """The exit status of a command that finds `database` in DATABASE_URL; ends with us at the latest."""
    process = subprocess.Popen(
        command,
        env=os.environ | {"DATABASE_URL": database},
        preexec_fn=lambda: end_with_parent(signal.SIGTERM),
    )
    try:
        return process.wait()
    finally:
        stop(process, signal.SIGTERM)


def end(number: int, _frame: object) -> None:
    """A request to stop unwinds the stack, so that everything started here is stopped too."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def end_tidily() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def main() -> int:
    end_tidily()
    with postgresql() as address:
        return run(*sys.argv[1:], database=address)


if __name__ == "__main__":
    sys.exit(main())
