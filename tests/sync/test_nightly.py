"""A night is started once, and never lost."""

import pytest
import time_machine

from houses.choices import Role
from houses.models import Community
from sync import nightly, runs
from sync.models import NightlySync, SyncRun
from tests.factories import HouseFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

NIGHT, NOON = "2026-11-24T02:00+08:00", "2026-11-24T12:00+08:00"


@pytest.fixture
def switched() -> Community:
    house = HouseFactory()
    MembershipFactory(house=house, role=Role.SELF)
    nightly.switch(house.community, on=True, by=UserFactory(staff=True))
    return house.community


@time_machine.travel(NIGHT)
def test_at_night_the_known_owners_are_queued(switched) -> None:
    (run,) = nightly.start_due()
    assert (run.kind, run.community, run.total) == (SyncRun.Kind.NIGHTLY, switched, 1)


@time_machine.travel(NOON)
def test_by_day_nothing_is_due(switched) -> None:
    assert nightly.start_due() == []


@time_machine.travel(NIGHT)
def test_whoever_asks_twice_starts_one(switched) -> None:
    assert [len(nightly.start_due()) for _ in range(2)] == [1, 0]


@time_machine.travel(NIGHT)
def test_a_community_that_is_switched_off_sleeps(switched) -> None:
    nightly.switch(switched, on=False, by=UserFactory(staff=True))
    assert nightly.start_due() == []


@time_machine.travel(NIGHT)
def test_a_community_that_is_being_synced_is_not_synced_twice(switched) -> None:
    runs.start_community(switched)
    assert nightly.start_due() == []


@time_machine.travel(NIGHT)
def test_who_dies_between_the_night_and_its_run_leaves_the_night_to_the_next(switched, monkeypatch) -> None:
    def die(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(runs, "start_community", die)
        with pytest.raises(KeyboardInterrupt):
            nightly.start_due()
    assert NightlySync.objects.get().last_night is None
    assert len(nightly.start_due()) == 1
