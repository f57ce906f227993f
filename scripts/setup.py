"""Makes a fresh clone ready: `.venv`, `.env`, packages of npm and, for the tests, the servers and Chromium.

Run by the system's Python, so the standard library has to do. What stands already is left
alone, and so a second run takes a moment. What cannot be done ends in one sentence with the
command to type.
"""

import base64
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from glob import glob
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def fail(sentence: str) -> NoReturn:
    sys.exit(sentence)


def say(sentence: str) -> None:
    print(sentence, flush=True)


def ran(*command: str | Path, report: bool = True) -> bool:
    """Whether the command was there and ended well; what it printed is shown when it did not."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
    except FileNotFoundError:
        return False
    if done.returncode != 0 and report:
        sys.stderr.write(done.stdout.decode(errors="replace"))
    return done.returncode == 0


# --- packages of the system --------------------------------------------------------------------


def apt_install(package: str, purpose: str, *, way_out: str = "") -> None:
    """Installs one package as root; anybody else is told the command."""
    command = f"sudo apt-get install -y {package}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        fail(f"缺少{purpose}：请先运行 {command}，再重新运行本命令{way_out}。")
    say(f"正在安装{purpose}（{package}）……")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    apt = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0")
    ran(*apt, "update")
    if not ran(*apt, "install", "-y", "--no-install-recommends", package):
        fail(f"未能安装{purpose}：请检查网络，运行 {command}，再重新运行本命令。")


def set_up_postgresql() -> None:
    if not (shutil.which("initdb") or glob("/usr/lib/postgresql/*/bin/initdb")):
        apt_install("postgresql", "测试用的 PostgreSQL", way_out="，或用 SQLITE_ONLY=1 make test 只测 SQLite")


def set_up_redis() -> None:
    if not shutil.which("redis-server"):
        apt_install("redis-server", "测试用的 Redis")


def set_up_chromium() -> None:
    """Ubuntu has Chromium as a snap only, which needs a running snapd: Playwright's own serves there."""
    if shutil.which("chromium"):
        return
    if "ubuntu" not in Path("/etc/os-release").read_text():
        apt_install("chromium", "浏览器测试用的 Chromium")
        return
    with_libraries = ["--with-deps"] if os.geteuid() == 0 else []
    if not ran(PYTHON, "-m", "playwright", "install", *with_libraries, "chromium"):
        fail("未能安装 Chromium：请运行 sudo .venv/bin/python -m playwright install --with-deps chromium。")


def set_up_fonts() -> None:
    """Without a Chinese font pictures show boxes."""
    if not ran("sh", "-c", "fc-list :lang=zh | grep -q .", report=False):
        apt_install("fonts-noto-cjk", "截图用的中文字体")


# --- packages of Python ------------------------------------------------------------------------


def venv_package() -> str:
    """Debian and Ubuntu split `ensurepip` off, into a package named after the version of Python."""
    return f"python3.{sys.version_info.minor}-venv"


def create_venv() -> None:
    if not ran(sys.executable, "-c", "import ensurepip, venv", report=False):
        apt_install(venv_package(), "建立虚拟环境所需的软件包")
    say("正在建立虚拟环境 .venv……")
    if not ran(sys.executable, "-m", "venv", "--clear", VENV):
        fail(f"未能建立虚拟环境：请运行 sudo apt-get install -y {venv_package()}，再重新运行本命令。")


def digest(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def set_up_packages(requirements: Path) -> None:
    """Installs what is written in `requirements`, unless that is what was installed last."""
    stamp = VENV / f"{requirements.name}.installed"
    wanted = digest(ROOT / "requirements.txt", ROOT / "requirements-tencent.txt", requirements)
    if not ran(PYTHON, "-m", "pip", "--version", report=False):
        create_venv()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"正在安装 Python 包（{requirements.name}）……")
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-q")
    if not ran(*pip, "-r", requirements):
        fail("未能安装 Python 包：请检查网络，再重新运行本命令。")
    stamp.write_text(wanted)


# --- packages of npm ---------------------------------------------------------------------------


def set_up_npm(*, tests: bool) -> None:
    """WeUI for the owners' pages, for the tests also what makes a client of the API; left alone
    while package-lock.json is as it was. What the tests have is enough for a demo."""
    stamp = ROOT / "node_modules" / "installed"
    locked = digest(ROOT / "package.json", ROOT / "package-lock.json")
    for_tests = f"{locked} tests"
    if stamp.exists() and stamp.read_text() in ({for_tests} if tests else {for_tests, locked}):
        return
    if not shutil.which("npm"):
        apt_install("npm", "业主页面样式所需的 npm")
    say("正在安装 npm 包（package.json）……")
    leaving_out = () if tests else ("--omit=dev",)
    if not ran("npm", "ci", *leaving_out, "--no-progress", "--prefix", ROOT):
        fail("未能安装 npm 包：请检查网络，再重新运行本命令。")
    stamp.write_text(for_tests if tests else locked)


# --- keys --------------------------------------------------------------------------------------


def new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def fresh_settings() -> dict[str, str]:
    """Settings of a workplace: new keys of its own, and the simulator for a platform."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "true",
        "PII_KEYS": new_key(),
        "PII_DIGEST_KEY": new_key(),
        "PLATFORM_TOKEN_URL": "http://127.0.0.1:8001/token",
        "PLATFORM_LOOKUP_URL": "http://127.0.0.1:8001/lookup",
        "PLATFORM_KEY_K": "demo",
        "PLATFORM_KEY_D": "demo",
    }


def write_env(path: Path) -> bool:
    """Writes fresh settings for the owner's eyes only, once; says whether it wrote.

    Keys that are lost make the data unreadable, so an existing file is never touched, and
    the link makes the file appear whole or not at all.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    lines = "".join(f"{name}={value}\n" for name, value in fresh_settings().items())
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(lines)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def main(wishes: list[str]) -> None:
    set_up_packages(ROOT / ("requirements-dev.txt" if "tests" in wishes else "requirements.txt"))
    set_up_npm(tests="tests" in wishes)
    if write_env(ROOT / ".env"):
        say("已写入 .env，其中是新生成的密钥，请勿提交或外传。")
    if "postgresql" in wishes:
        set_up_postgresql()
    if "redis" in wishes:
        set_up_redis()
    if "chromium" in wishes:
        set_up_chromium()
    if "fonts" in wishes:
        set_up_fonts()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
