"""What a browser may load and run of what we send: nothing from elsewhere, nothing written into a page."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from residents.models import User

from .office import login
from .pages import LOOSE, STRICT, policy_of

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
INLINE = re.compile(r"<style|<script(?![^>]* src=)|\s(style|on[a-z]+)=|javascript:")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/my/", 302),
        ("/my/login/", 200),
        ("/my/nowhere/", 404),
        ("/staff/", 302),
        ("/api/v1/nowhere/", 404),
        ("/healthz", 200),
        ("/administration/", 404),
    ],
)
def test_the_site_runs_and_loads_only_its_own(db: None, path: str, status: int) -> None:
    answer = Client().get(path)
    assert (answer.status_code, policy_of(answer)) == (status, STRICT)


@pytest.mark.parametrize(("path", "status"), [("/admin/login/", 200), ("/admin/", 302)])
def test_the_admin_alone_may_evaluate(db: None, path: str, status: int) -> None:
    answer = Client().get(path)
    assert (answer.status_code, policy_of(answer)) == (status, LOOSE)


def test_a_post_without_its_token_is_refused_under_the_policy(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/my/login/")
    assert (answer.status_code, policy_of(answer)) == (403, STRICT)


@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_the_description_of_the_api_may_draw_but_not_evaluate(db: None, page: str) -> None:
    answer = login(User.objects.create_superuser("总管")).get(f"/api/v1/{page}/")
    assert answer.status_code == 200
    assert policy_of(answer) == {
        **STRICT,
        "style-src": {"'self'", "'unsafe-inline'"},
        "img-src": {"'self'", "data:"},
        "worker-src": {"'self'", "blob:"},
    }


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_script_and_no_style_is_written_into_a_page(template: Path) -> None:
    assert INLINE.search(template.read_text(encoding="utf-8")) is None


@pytest.mark.parametrize(
    "html", ["<style>", "<script>", '<p style="">', '<b onclick="">', '<a href="javascript:">']
)
def test_what_is_written_into_a_page_would_be_found(html: str) -> None:
    assert INLINE.search(html)
