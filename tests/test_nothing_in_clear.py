"""What lies on the disk after a sync: no ID number, no phone, no token in clear, in any table or file.

On SQLite the commands run as an office runs them, on a database file of their own.
"""

import io
import json
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from residents.models import Resident
from sync.simulator import community, sample
from sync.simulator.server import Simulator
from tests.attackers import zhous_home

STRANGER = "13900000000"
LINE = {
    "phone": "151****2234",
    "outcome": "created",
    "cause": None,
    "attempts": 1,
    "residents": {"created": 2, "updated": 0, "unchanged": 0},
    "houses": {"created": 1, "updated": 0, "unchanged": 0},
    "memberships": {"created": 2, "updated": 0, "unchanged": 0},
    "fields_updated": 0,
    "conflicts": 0,
    "findings": ["id_birth_mismatch", "id_checksum", "id_shared", "self_id_mismatch", "unknown_community"],
}


@dataclass
class Office:
    """A database file, and the commands run on it."""

    folder: Path
    platform: Simulator

    @property
    def file(self) -> Path:
        return self.folder / "db.sqlite3"

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        here = {
            "DATABASE_URL": f"sqlite:///{self.file}",
            "PLATFORM_TOKEN_URL": self.platform.token_url,
            "PLATFORM_LOOKUP_URL": self.platform.lookup_url,
            "PLATFORM_KEY_K": self.platform.key_k,
            "PLATFORM_KEY_D": self.platform.key_d,
        }
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR, env={**os.environ, **here, **environment},
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def bytes_on_disk(self) -> bytes:
        """The database with its journals, whatever has been checkpointed."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("db.sqlite3*")))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A new database file with its tables, and a platform beside it."""
    with Simulator() as platform:
        made = Office(tmp_path_factory.mktemp("office"), platform)
        for command in ("migrate", "createcachetable"):
            done = made.run(command)
            assert done.returncode == 0, done.stderr
        yield made


@pytest.fixture(scope="module")
def first(office: Office) -> subprocess.CompletedProcess[str]:
    """The first sync of the document's sample."""
    return office.run("sync_phone", sample.PHONE, "--json")


def secrets(platform: Simulator, *phones: str) -> set[str]:
    """All ID numbers and phones of these answers, and the tokens; `platform` knows more of the sample."""
    answers = [platform.answer(phone) or {} for phone in phones]
    rows = [row for data in answers for home in data["houses"] for row in home["members"]]
    numbers = {record["people_idcard"] for record in [*answers, *rows]}
    photos = {data["people_photo"] for data in answers}
    tokens = {request.token for request in platform.lookups}
    return {*phones, *filter(None, numbers | photos | tokens)}


def found(secrets_: set[str], content: bytes) -> set[str]:
    return {secret for secret in secrets_ if secret.encode() in content}


@pytest.mark.sqlite
def test_one_command_stores_the_sample_and_says_so_in_one_line(first: Any) -> None:
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.count("\n") == 1
    assert json.loads(first.stdout) == LINE


@pytest.mark.sqlite
def test_the_second_time_nothing_changes(office: Office, first: Any) -> None:
    again = office.run("sync_phone", sample.PHONE, "--json")
    line = json.loads(again.stdout)
    assert (again.returncode, line["outcome"], line["findings"]) == (0, "unchanged", LINE["findings"])
    assert line["residents"] == {"created": 0, "updated": 0, "unchanged": 2}


@pytest.mark.sqlite
def test_without_json_it_speaks_chinese(office: Office, first: Any) -> None:
    done = office.run("sync_phone", sample.PHONE)
    assert (done.returncode, "151****2234" in done.stdout, "无变化" in done.stdout) == (0, True, True)


@pytest.mark.sqlite
def test_an_unknown_phone_is_no_failure(office: Office) -> None:
    done = office.run("sync_phone", STRANGER, "--json")
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "not_found")


@pytest.mark.sqlite
def test_a_failure_is_status_1_with_the_line_and_a_sentence(office: Office, first: Any) -> None:
    office.platform.faults[sample.PHONE] = "j5-php-notice"
    done = office.run("sync_phone", sample.PHONE, "--json")
    del office.platform.faults[sample.PHONE]
    line = json.loads(done.stdout)
    assert (done.returncode, line["outcome"], line["cause"]) == (1, "failed", "not-json")
    assert len(done.stderr.splitlines()) == 1 and "安防平台" in done.stderr


@pytest.mark.sqlite
@pytest.mark.parametrize("phone", ["abc", "2513151223400"])
def test_a_bad_argument_is_status_2_with_a_sentence(office: Office, phone: str) -> None:
    done = office.run("sync_phone", phone)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1 and phone not in done.stderr


@pytest.mark.sqlite
@pytest.mark.parametrize(("name", "value"), [("PLATFORM_DEADLINE", "soon"), ("PII_KEYS", "too-short-a-key")])
def test_a_malformed_setting_is_status_2_with_its_name(office: Office, name: str, value: str) -> None:
    done = office.run("sync_phone", sample.PHONE, **{name: value})
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1 and name in done.stderr
    assert value not in done.stderr


@pytest.mark.sqlite
def test_the_files_hold_nothing_in_clear(office: Office, first: Any) -> None:
    """Numbers that changed are in the history, in what the platform said, in findings: sealed all of them."""
    changed = sample.answer() | {"people_idcard": "110105198705040011", "job_name": None}
    old = secrets(office.platform, sample.PHONE)
    office.platform.answers[sample.PHONE] = changed
    family = community.PHONES[:3]
    outputs = [office.run("sync_phone", phone, LOG_LEVEL="DEBUG") for phone in [sample.PHONE, *family]]
    hidden = old | secrets(office.platform, sample.PHONE, *family)
    office.platform.answers.clear()
    assert [done.returncode for done in outputs] == [0] * 4
    assert len(hidden) > 10
    assert found(hidden, office.bytes_on_disk()) == set()
    assert found(hidden, "".join(done.stdout + done.stderr for done in outputs).encode()) == set()


@pytest.mark.sqlite
def test_the_search_finds_what_is_planted(office: Office, first: Any) -> None:
    """In the journal before it is checkpointed, and in the file after that."""
    number = "110105199001010037"
    with closing(sqlite3.connect(office.file)) as database:
        database.execute("UPDATE residents_historicalresident SET name = ?", [number])
        database.commit()
        assert found({number}, (office.folder / "db.sqlite3-wal").read_bytes()) == {number}
        assert found({number}, office.bytes_on_disk()) == {number}
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert found({number}, office.file.read_bytes()) == {number}


def every_column() -> bytes:
    """All rows of all tables as text, as a dump would have them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        tables = [".".join(map(connection.ops.quote_name, row)) for row in cursor.fetchall()]
        return b"".join(dump(cursor, table) for table in tables)


def dump(cursor: Any, table: str) -> bytes:
    with cursor.copy(f"COPY {table} TO STDOUT") as rows:
        return b"".join(bytes(block) for block in rows)


@pytest.mark.postgresql
def test_no_column_holds_anything_in_clear(platform: Simulator, sync: Any) -> None:
    phones = [sample.PHONE, *community.PHONES[:3]]
    outcomes = [sync(phone).outcome for phone in phones]
    hidden = secrets(platform, *phones)
    sync(sample.PHONE, sample.answer() | {"people_idcard": "110105198705040011"})
    hidden |= secrets(platform, sample.PHONE)
    assert (set(outcomes) <= {"created", "updated"}, len(hidden) > 10) == (True, True)
    assert found(hidden, every_column()) == set()


@pytest.mark.postgresql
def test_the_search_finds_what_is_planted_in_a_column(platform: Simulator, sync: Any) -> None:
    sync(sample.PHONE)
    Resident.history.update(name=sample.PHONE)
    assert found({sample.PHONE}, every_column()) == {sample.PHONE}


def test_a_log_tells_where_an_error_was_raised_and_not_what_it_quotes(caplog) -> None:
    (handler,) = (one for one in logging.getLogger().handlers if one.get_name() == "stderr")
    try:
        raise ValueError("老周 13800000001")
    except ValueError:
        logging.getLogger("django.request").error("Internal Server Error", exc_info=True)
    written = handler.format(caplog.records[-1])
    assert json.loads(written)["error"] == "ValueError"
    assert "test_nothing_in_clear.py" in written and "老周" not in written and "13800000001" not in written


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a process writes on stderr."""
    (handler,) = (one for one in logging.getLogger().handlers if one.get_name() == "stderr")
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    return stream


@pytest.mark.django_db
def test_a_log_tells_that_an_invitation_was_tried_and_not_which(written: io.StringIO) -> None:
    home = zhous_home()
    _, token = home.family.invite(home.wife.pk)
    Client().post(f"/my/invitation/{token}/", {"act": "open", "last_six": "000000"})
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["event"] == "Unprocessable Entity: /my/invitation/…/"
    assert home.wife.invitations.live().exists() and token not in line


@pytest.mark.parametrize("name", ["gunicorn.access", "gunicorn.error", "django.security.csrf"])
@pytest.mark.parametrize(
    "path",
    [
        "/my/invitation/{}/?done=",
        "/my/login/?next=%2Fmy%2Finvitation%2F{}%2F",
        "/my/login/?next=%2Fmy%2Fphone%2F%3Fnext%3D%252Fmy%252Finvitation%252F{}%252F",
    ],
)
def test_no_log_of_requests_tells_the_token(written: io.StringIO, name: str, path: str) -> None:
    logging.getLogger(name).error("GET %s 500", path.format("abc-DEF_123"))
    assert path.format("…") in json.loads(written.getvalue())["event"]
