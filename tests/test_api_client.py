"""A client in TypeScript, generated from the description, plays the two stories on the running site."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from houses.choices import Role
from residents.api.docs import written
from tests.cast import LI, ZHOU_PHONE, member, zhous
from tests.factories import id_number
from tests.wechat_server import Wechat

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tests" / "api_client"
FATHERS_ID = id_number(5, born="19501001")

pytestmark = pytest.mark.browser  # slow, and says nothing about the database


def run(folder: Path, tool: str, *arguments: str) -> None:
    command = [ROOT / "node_modules" / ".bin" / tool, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled in strict mode, with the types of the description as it is served."""
    folder = tmp_path_factory.mktemp("client")
    for name in ("stories.ts", "tsconfig.json"):
        shutil.copy(SOURCE / name, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "openapi.yaml").write_bytes(written())
    run(folder, "openapi-typescript", "openapi.yaml", "--default-non-nullable", "false", "-o", "schema.d.ts")
    run(folder, "tsc")
    return folder / "built" / "stories.js"


def play(client: Path, site: str, tell: Callable[[str], str]) -> list[str]:
    """What the client said; `tell` answers what it asks for."""
    said: list[str] = []
    with subprocess.Popen(
        ["node", str(client)],
        env={**os.environ, "SITE": site},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as node:
        assert node.stdin and node.stdout and node.stderr
        for line in node.stdout:
            if line.startswith("? "):
                print(tell(line[2:].strip()), file=node.stdin, flush=True)
            else:
                said.append(line.strip())
        errors = node.stderr.read()
    assert node.returncode == 0, errors
    return said


def test_both_stories_are_played(
    client: Path, live_server: Any, platform: Any, outbox: list[tuple[str, str]], settings: Any
) -> None:
    platform.answers[ZHOU_PHONE] = zhous(LI, member("周父", FATHERS_ID, Role.FATHER))
    cache.clear()
    with Wechat.serving() as wechat:
        settings.WECHAT_BASE_URL = wechat.url
        settings.WECHAT_APP_ID, settings.WECHAT_APP_SECRET = wechat.app_id, wechat.secret

        def tell(what: str) -> str:
            kind, _, about = what.partition(" ")
            known = {
                "sms": lambda: dict(outbox)[about],
                "wechat": lambda: wechat.opens("o6_bmjrPTlm6_2sgVt7hMZOPfL2M"),
                "wechat_phone": lambda: wechat.gives(about),
            }
            return known[kind]()

        assert play(client, live_server.url, tell) == ["wife arrived", "father filled for"]


WRONG = """
import type { components } from "./schema.js";
export const surname = (member: components["schemas"]["MemberAnswer"]) => member.surname;
"""


def test_a_client_that_reads_what_is_not_there_does_not_compile(client: Path) -> None:
    """The canary: strict types are of use only while they say no."""
    folder = client.parent.parent
    (folder / "wrong.ts").write_text(WRONG)
    with pytest.raises(AssertionError, match="'surname' does not exist"):
        run(folder, "tsc", "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "wrong.ts")
