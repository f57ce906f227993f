"""Alive and ready, and what the site answers to strangers."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from residents.models import User


def test_alive_touches_no_database(client: Any) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_ready_when_database_and_migrations_are(client: Any, db: None) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ok", "database": "ok", "migrations": "ok"},
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
