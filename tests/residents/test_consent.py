"""What an account agreed to: version by version, never changed, only withdrawn."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from residents.models import Consent, Resident, User
from tests.factories import ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db

Kind = Consent.Kind


@pytest.fixture
def account() -> User:
    return UserFactory()


@pytest.fixture
def child() -> Resident:
    return ResidentFactory()


@pytest.mark.parametrize("kind", [Kind.NOTICE, Kind.SENSITIVE])
def test_given_it_stands_with_its_version_and_time(account: User, kind: str) -> None:
    Consent.give(account, kind)
    given = Consent.objects.get()
    assert (given.version, Consent.stands(account, kind)) == (1, True)
    assert timezone.now() - given.given_at < timedelta(minutes=1)


def test_what_was_not_given_does_not_stand(account: User) -> None:
    Consent.give(account, Kind.NOTICE)
    assert not Consent.stands(account, Kind.SENSITIVE)


def test_nobody_has_agreed_to_nothing() -> None:
    assert not Consent.stands(None, Kind.SENSITIVE)


def test_the_consent_of_another_is_not_mine(account: User) -> None:
    Consent.give(UserFactory(), Kind.SENSITIVE)
    assert not Consent.stands(account, Kind.SENSITIVE)


def test_given_twice_it_stands_once_since_the_first_time(account: User) -> None:
    Consent.give(account, Kind.NOTICE)
    first = Consent.objects.get().given_at
    Consent.give(account, Kind.NOTICE)
    assert Consent.objects.get().given_at == first


def test_given_twice_the_callers_transaction_goes_on(account: User) -> None:
    with transaction.atomic():
        for _ in range(2):
            Consent.give(account, Kind.NOTICE)
        assert Consent.objects.count() == 1


def test_withdrawn_it_stands_no_more_and_is_kept(account: User) -> None:
    Consent.give(account, Kind.SENSITIVE)
    assert Consent.withdraw(account, Kind.SENSITIVE)
    assert not Consent.stands(account, Kind.SENSITIVE)
    assert Consent.objects.get().withdrawn_at is not None


def test_what_was_never_given_is_not_withdrawn(account: User) -> None:
    assert not Consent.withdraw(account, Kind.SENSITIVE)


def test_it_is_withdrawn_once(account: User) -> None:
    Consent.give(account, Kind.SENSITIVE)
    Consent.withdraw(account, Kind.SENSITIVE)
    assert not Consent.withdraw(account, Kind.SENSITIVE)


def test_withdrawing_one_leaves_the_other(account: User) -> None:
    Consent.give(account, Kind.NOTICE)
    Consent.give(account, Kind.SENSITIVE)
    Consent.withdraw(account, Kind.SENSITIVE)
    assert Consent.stands(account, Kind.NOTICE)


def test_who_withdrew_may_agree_again(account: User) -> None:
    for _ in range(2):
        Consent.give(account, Kind.SENSITIVE)
        Consent.withdraw(account, Kind.SENSITIVE)
    Consent.give(account, Kind.SENSITIVE)
    assert (Consent.objects.count(), Consent.stands(account, Kind.SENSITIVE)) == (3, True)


# -- versions ----------------------------------------------------------------------------


def test_a_new_version_is_asked_for_again(account: User, monkeypatch: pytest.MonkeyPatch) -> None:
    Consent.give(account, Kind.SENSITIVE)
    monkeypatch.setitem(Consent.VERSIONS, Kind.SENSITIVE, 2)
    assert not Consent.stands(account, Kind.SENSITIVE)


def test_a_new_version_of_one_text_leaves_the_others(account: User, monkeypatch: pytest.MonkeyPatch) -> None:
    Consent.give(account, Kind.NOTICE)
    monkeypatch.setitem(Consent.VERSIONS, Kind.SENSITIVE, 2)
    assert Consent.stands(account, Kind.NOTICE)


def test_both_versions_are_kept(account: User, monkeypatch: pytest.MonkeyPatch) -> None:
    Consent.give(account, Kind.SENSITIVE)
    monkeypatch.setitem(Consent.VERSIONS, Kind.SENSITIVE, 2)
    Consent.give(account, Kind.SENSITIVE)
    assert list(Consent.objects.order_by("pk").values_list("version", flat=True)) == [1, 2]
    assert Consent.stands(account, Kind.SENSITIVE)


def test_withdrawing_takes_back_every_version(account: User, monkeypatch: pytest.MonkeyPatch) -> None:
    Consent.give(account, Kind.SENSITIVE)
    monkeypatch.setitem(Consent.VERSIONS, Kind.SENSITIVE, 2)
    Consent.give(account, Kind.SENSITIVE)
    Consent.withdraw(account, Kind.SENSITIVE)
    assert not Consent.objects.filter(withdrawn_at=None).exists()


# -- a guardian's ------------------------------------------------------------------------


def test_a_guardians_consent_is_for_one_child(account: User, child: Resident) -> None:
    Consent.give(account, Kind.GUARDIAN, child=child)
    assert Consent.stands(account, Kind.GUARDIAN, child=child)
    assert not Consent.stands(account, Kind.GUARDIAN, child=ResidentFactory())


def test_two_children_are_two_consents(account: User, child: Resident) -> None:
    other = ResidentFactory()
    for one in (child, other, child):
        Consent.give(account, Kind.GUARDIAN, child=one)
    Consent.withdraw(account, Kind.GUARDIAN, child=child)
    assert not Consent.stands(account, Kind.GUARDIAN, child=child)
    assert Consent.stands(account, Kind.GUARDIAN, child=other)


def test_both_parents_may_agree(account: User, child: Resident) -> None:
    parents = [account, UserFactory()]
    for parent in parents:
        Consent.give(parent, Kind.GUARDIAN, child=child)
    assert all(Consent.stands(parent, Kind.GUARDIAN, child=child) for parent in parents)


@pytest.mark.parametrize(("kind", "with_child"), [(Kind.GUARDIAN, False), (Kind.NOTICE, True)])
def test_only_a_guardians_consent_has_a_child_and_it_always_has(
    account: User, child: Resident, kind: str, with_child: bool
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(account=account, kind=kind, version=1, child=child if with_child else None)


def test_a_guardians_consent_for_nobody_is_not_taken_for_given(account: User) -> None:
    with pytest.raises(ValueError):
        Consent.give(account, Kind.GUARDIAN)


def test_a_kind_that_there_is_not_is_an_error(account: User) -> None:
    with pytest.raises(ValueError):
        Consent.give(account, "everything")


def test_its_name_names_nobody(account: User) -> None:
    Consent.give(account, Kind.NOTICE)
    given = Consent.objects.get()
    assert str(given) == f"同意记录 {given.pk}"
