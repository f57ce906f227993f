"""What a worker logs of a task that fails: the kind of error and the place, never its words."""

import pytest

from config.logs import without_message
from sync import runs, tasks

SECRET = "13800000001"


@pytest.fixture
def failing(monkeypatch) -> None:
    def fail() -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(runs, "sweep", fail)


def test_a_task_that_fails_does_not_take_its_words_to_the_worker(failing, caplog) -> None:
    tasks.sweep()
    (record,) = caplog.records
    told = without_message(None, "error", dict(record.msg))
    assert (told["task"], told["error"]) == ("sweep", "RuntimeError")
    assert SECRET not in str(told)


def test_a_bell_that_nobody_can_hear_is_no_error_of_the_page(monkeypatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise tasks.KombuError("no broker")

    monkeypatch.setattr(tasks.drain, "apply_async", refuse)
    tasks.ring(1)
