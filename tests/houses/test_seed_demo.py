"""The demo's logins: written once, and never outside a demo."""

import io

import pytest
from django.core.management import CommandError, call_command

from houses.management.commands.seed_demo import PASSWORD
from houses.models import Community, House, StaffRole
from houses.queues import counts
from houses.visibility import for_staff
from residents.models import User
from tests.sync.test_sample import PHONE, sample


def seed() -> str:
    out = io.StringIO()
    call_command("seed_demo", stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_staff_can_log_in_and_the_communities_have_names(settings, client) -> None:
    settings.DEBUG = True
    seed()
    assert client.login(username="wang", password=PASSWORD)
    assert list(Community.objects.order_by("platform_code").values_list("name", flat=True)) == [
        "秦皇小区",
        "海港花园",
    ]


@pytest.mark.django_db
def test_a_second_run_changes_nothing(settings) -> None:
    settings.DEBUG = True
    first = seed()
    counts = [model.objects.count() for model in (User, StaffRole, Community, House)]
    assert seed() == first
    assert [model.objects.count() for model in (User, StaffRole, Community, House)] == counts


@pytest.mark.django_db
def test_public_passwords_are_refused_in_production(settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError) as refusal:
        seed()
    assert (refusal.value.returncode, User.objects.count()) == (2, 0)


@pytest.mark.django_db
def test_once_the_sample_is_synced_the_queues_have_something_to_show(settings, sync) -> None:
    settings.DEBUG = True
    seed()
    sync(PHONE, sample())
    for _ in range(2):
        seed()
    scope = for_staff(User.objects.get(username="wang"))
    waiting = counts(scope)
    assert (waiting["review"], waiting["finding"], scope.requests.open().count()) == (2, 1, 1)
