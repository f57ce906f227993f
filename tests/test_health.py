"""Alive and ready, and what the site answers to strangers."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from config.celery import app
from residents.models import User
from scripts.postgresql import free_port
from scripts.redis_server import redis


def test_alive_touches_no_database(client: Any) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_ready_when_database_and_migrations_are(client: Any, db: None) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ok", "database": "ok", "migrations": "ok", "broker": "ok"},
    )


def test_not_ready_while_a_migration_is_missing(client: Any, db: None) -> None:
    MigrationRecorder.Migration.objects.filter(app="houses").order_by("-pk").first().delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, "failed")


def test_not_ready_without_a_database(client: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", down)
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "failed")


@pytest.fixture
def silent() -> Iterator[str]:
    """A broker that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture
def gone() -> str:
    return f"redis://127.0.0.1:{free_port()}/0"


@pytest.fixture
def no_folder(tmp_path: Path) -> str:
    return f"sqla+sqlite:///{tmp_path / 'missing' / 'broker.sqlite3'}"


@pytest.mark.parametrize("broker", ["silent", "gone", "no_folder"])
def test_not_ready_while_the_broker_is_down(
    client: Any, db: None, request: pytest.FixtureRequest, broker: str
) -> None:
    app.conf.broker_url = request.getfixturevalue(broker)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["broker"], answer.json()["database"]) == (503, "failed", "ok")


def test_ready_with_a_broker_in_a_file(client: Any, db: None, tmp_path: Path) -> None:
    app.conf.broker_url = f"sqla+sqlite:///{tmp_path / 'broker.sqlite3'}"
    assert client.get("/readyz").json()["broker"] == "ok"


def test_ready_with_redis(client: Any, db: None) -> None:
    with redis() as app.conf.broker_url:
        assert client.get("/readyz").json()["broker"] == "ok"


def test_robots_are_sent_away(client: Any) -> None:
    assert client.get("/robots.txt").content.decode() == "User-agent: *\nDisallow: /\n"


def test_whoever_signs_in_without_a_destination_arrives_at_the_first_page(client: Any, db: None) -> None:
    User.objects.create_user("王", password="shequ-2026-test", is_staff=True)
    answer = client.post("/admin/login/", {"username": "王", "password": "shequ-2026-test"})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_the_first_page_is_the_workbench(client: Any, db: None) -> None:
    client.force_login(User.objects.create_user("王", is_staff=True, is_superuser=True))
    assert client.get("/")["Location"] == "/staff/"


def test_who_has_no_work_there_gets_to_the_admin(client: Any, db: None) -> None:
    client.force_login(User.objects.create_user("孙", is_staff=True))
    assert client.get("/")["Location"] == "/admin/"
