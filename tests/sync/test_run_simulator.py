"""`manage.py run_simulator`, as a process of its own."""

import http.client
import re
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.management import call_command

from sync.management.commands.run_simulator import asked_for
from sync.simulator import sample
from sync.simulator.faults import FAULTS
from sync.simulator.server import Simulator

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments):
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_simulator", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ask(port):
    """A lookup; refused for want of a token, and a lookup all the same."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/lookup", f"phone={sample.PHONE}", form)
        connection.getresponse().read()


def refused(*arguments):
    with command(*arguments) as process:
        _, sentence = process.communicate(timeout=60)
    assert process.returncode == 2 and len(sentence.splitlines()) == 1
    return sentence


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_stop(ending):
    with command("--port", "0") as process:
        line = process.stdout.readline()
        process.send_signal(ending)
        assert process.wait(timeout=60) == 0
    assert "http://127.0.0.1:" in line and "共 600 户可查" in line


def test_the_command_makes_its_answers_beforehand_when_asked(monkeypatch):
    monkeypatch.setattr(Simulator, "prepare", Mock(side_effect=InterruptedError))
    with pytest.raises(InterruptedError):
        call_command("run_simulator", "--port", "0", "--prepared")


def test_the_command_answers_as_of_the_round_it_is_told():
    platform = asked_for(None, port="0", latency="0", households="600", round="3")
    assert platform.round == 3


def test_the_command_ends_with_what_it_was_asked():
    with command("--port", "0") as process:
        port = int(re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())[1])
        for _ in range(2):
            ask(port)
        process.terminate()
        assert "共收到 2 次查询，涉及 1 个手机号" in process.stdout.read()


def test_the_command_refuses_a_taken_port():
    with Simulator() as platform:
        assert "已被占用" in refused("--port", str(platform.port))


def test_the_command_refuses_an_unknown_fault():
    assert "没有名为 nope 的故障" in refused("--fault", "nope")


def test_the_command_knows_as_many_households_as_it_is_told():
    with command("--port", "0", "--households", "50000") as process:
        line = process.stdout.readline()
        process.terminate()
    assert "共 50000 户可查" in line


@pytest.mark.parametrize(
    "arguments",
    [("--port", "x"), ("--port", "70000"), ("--latency", "nan"), ("--households", "0"), ("--round", "11")],
)
def test_the_command_refuses_a_malformed_number(arguments):
    assert "应为" in refused(*arguments)


def test_the_command_lists_the_faults():
    with command("--fault", "list") as process:
        names, _ = process.communicate(timeout=60)
    assert names.split() == list(FAULTS)
