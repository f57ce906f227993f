"""The scripts that set up a workplace, and the rules of this suite."""

import base64
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
from glob import glob
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scripts import setup
from scripts.postgresql import postgresql
from scripts.test import NO_TESTS, verdict

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = """
import pytest

@pytest.mark.skip
def test_marked(): pass

@pytest.mark.xfail
def test_expected_to_fail(): assert False

@pytest.mark.xfail
def test_expected_to_fail_that_passes(): pass

def test_missing_package(): pytest.importorskip("no_such_package")
"""


@pytest.fixture
def env_file(tmp_path):
    setup.write_env(tmp_path / ".env")
    return tmp_path / ".env"


def port_of(address):
    return urlsplit(address).port


def wait_until(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_settings_are_readable_by_their_owner_alone(env_file):
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600


def test_settings_that_exist_are_never_touched(env_file):
    before = env_file.read_text()
    assert not setup.write_env(env_file)
    assert env_file.read_text() == before


def test_nothing_but_the_settings_is_left_behind(env_file):
    assert os.listdir(env_file.parent) == [".env"]


def test_every_clone_gets_keys_of_its_own():
    one, other = setup.fresh_settings(), setup.fresh_settings()
    assert all(one[name] != other[name] for name in ("SECRET_KEY", "PII_KEYS", "PII_DIGEST_KEY"))


def test_a_new_key_has_32_bytes():
    assert len(base64.urlsafe_b64decode(setup.new_key())) == 32


def test_the_digest_of_requirements_follows_every_file(tmp_path):
    runtime, tests = tmp_path / "requirements.txt", tmp_path / "requirements-dev.txt"
    runtime.write_text("Django==5.2\n")
    tests.write_text("pytest==9\n")
    before = setup.digest(runtime, tests)
    runtime.write_text("Django==5.3\n")
    assert setup.digest(runtime, tests) != before


def test_who_may_not_install_is_told_the_command(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match="请先运行 sudo apt-get install -y chromium"):
        setup.apt_install("chromium", "Chromium")


@pytest.fixture
def npm_calls(tmp_path, monkeypatch):
    """The calls of npm in a workplace that has only the two package files."""
    calls = []
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "node_modules").mkdir()
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "ran", lambda *command: calls.append(command) or True)
    return calls


def test_packages_of_npm_are_installed_once(npm_calls):
    setup.set_up_npm(tests=False)
    setup.set_up_npm(tests=False)
    assert [command[:3] for command in npm_calls] == [("npm", "ci", "--omit=dev")]


def test_packages_of_npm_are_installed_anew_when_the_lock_file_changes(npm_calls, tmp_path):
    setup.set_up_npm(tests=True)
    (tmp_path / "package-lock.json").write_text("{}")
    setup.set_up_npm(tests=True)
    assert len(npm_calls) == 2


def test_the_tests_need_more_of_npm_than_the_demo(npm_calls):
    for tests in (False, True, False):
        setup.set_up_npm(tests=tests)
    assert ["--omit=dev" in command for command in npm_calls] == [True, False]


def test_the_lock_file_names_no_registry():
    assert "resolved" not in (ROOT / "package-lock.json").read_text()


def settings_read() -> set[str]:
    """Names that settings.py asks for: `required("NAME")`, `env.str("NAME")` and their like."""
    source = (ROOT / "config" / "settings.py").read_text()
    return set(
        re.findall(
            r'\b(?:setting|required|number|integer|boolean|key|http_url|env\.\w+)\(\s*"([A-Z_]+)"', source
        )
    )


def test_every_setting_is_explained_in_the_example():
    example = (ROOT / ".env.example").read_text()
    assert "PII_KEYS" in settings_read()
    assert settings_read() <= set(re.findall(r"^#? ?([A-Z_]+)=", example, re.MULTILINE))


@pytest.mark.parametrize(
    ("statuses", "picked", "expected"),
    [
        ([0, 0], False, 0),
        ([0, 1], False, 1),
        ([1, 0], False, 1),
        ([0, NO_TESTS], False, NO_TESTS),
        ([0, NO_TESTS], True, 0),
        ([NO_TESTS, 1], True, 1),
        ([NO_TESTS, NO_TESTS], True, NO_TESTS),
    ],
)
def test_the_suite_is_green_only_when_each_run_is(statuses, picked, expected):
    assert verdict(statuses, picked=picked) == expected


def test_a_test_that_does_not_run_fails(tmp_path):
    (tmp_path / "test_skipped.py").write_text(SKIPPED)
    command = [sys.executable, "-m", "pytest", "-p", "tests.no_skips", f"--rootdir={tmp_path}", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "3 failed, 1 error" in done.stdout


@pytest.mark.postgresql
def test_a_server_lives_as_long_as_its_block():
    with postgresql() as address:
        port = port_of(address)
        assert answers(port)
    assert not answers(port)


@pytest.mark.postgresql
def test_a_server_dies_with_a_parent_killed_outright():
    show = ["sh", "-c", "echo $DATABASE_URL; exec sleep 60"]
    command = [sys.executable, "-m", "scripts.postgresql", *show]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    port = port_of(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    wait_until(lambda: not answers(port))
    for folder in glob(f"/tmp/postgresql-{parent.pid}-*"):
        shutil.rmtree(folder)
