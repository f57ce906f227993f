"""Acts that come at the same moment: each is accepted once, none is lost, none ends in an error.

Every act runs in a thread and on a connection of its own; all start together. What may come of
one is that it is done, or refused by its code. Anything else, a deadlock above all, is an error
that a person would have seen.
"""

import random
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from houses import findings, identity, leaving, reviewing
from houses.choices import Role
from houses.drafts import Author, draft
from houses.family import Family
from houses.models import Finding, House, Invitation, Membership, Request, Submission
from houses.office import Office
from houses.states import EndReason, FindingCode
from residents.exceptions import Refused
from residents.models import AccessLog, Attempt, Consent, Resident, User
from residents.upstream import Said
from sync.engine import answer_digest
from sync.merge import Asked, merge
from sync.models import PlatformRecord
from sync.schemas import read_answer
from tests.cast import LI, LI_ID, LI_PHONE, XIAO, ZHOU_ID, ZHOU_PHONE, lis, zhous
from tests.factories import (
    HouseFactory,
    MembershipFactory,
    ResidentFactory,
    UserFactory,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

MANY = 20
Act = Callable[[], object]


# -- the race ----------------------------------------------------------------------------


def at_once(*acts: Act) -> list[str]:
    """What came of each: done, the code of a refusal, or the name of an error."""
    _check_everything()
    told = [""] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int, act: Act) -> None:
        try:
            connection.ensure_connection()
            start.wait()
            with connection.execute_wrapper(_dawdle):
                told[place] = _came_of(act)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_sound()
    return told


def many(act: Act) -> Counter[str]:
    """The same act by so many at once: how often each came of it."""
    return Counter(at_once(*[act] * MANY))


def _dawdle(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """The others get in between any two statements."""
    time.sleep(random.uniform(0, 0.004))
    return execute(sql, params, many, context)


def _came_of(act: Act) -> str:
    try:
        act()
    except Refused as refused:
        return refused.code
    except Exception as error:
        traceback.print_exc()  # pytest shows it where the race is lost
        return type(error).__name__
    return "done"


# -- what holds after every race -----------------------------------------------------------


def assert_sound() -> None:
    twice = Membership.objects.open().values("house", "resident").annotate(rows=Count("pk"))
    assert not twice.filter(rows__gt=1).exists()
    for row in Membership.objects.select_related("resident"):
        assert not row.restate(row.resident), "a fresh restate changes the status"
    for model in (Membership, Resident, House):
        for record in model.objects.all():
            _assert_history_complete(record)
    _assert_findings_are_of_today()


def _assert_history_complete(record: Any) -> None:
    newest = record.history.order_by("history_id").last()
    names = [field.attname for field in type(record).history.model.tracked_fields]
    told = {name for name in names if getattr(newest, name) != getattr(record, name)} - {"updated_at"}
    assert (type(record).__name__, told) == (type(record).__name__, set())
    past = record.history.all()
    if isinstance(record, Resident):  # an unlinking is noted there and changes no value
        past = past.exclude(history_change_reason__startswith="解除帐号")
    assert record.version == past.count()


def _assert_findings_are_of_today() -> None:
    before = _open_findings()
    _check_everything()
    assert _open_findings() == before


def _check_everything() -> None:
    people, homes = (set(model.objects.values_list("pk", flat=True)) for model in (Resident, House))
    findings.refresh(residents=people, houses=homes)


def _open_findings() -> set[tuple[Any, ...]]:
    places = ("code", "field", "resident", "community", "house", "membership")
    return set(Finding.objects.open().values_list(*places))


# -- the people --------------------------------------------------------------------------


def staff() -> Office:
    return Office(UserFactory(staff=True, is_superuser=True))


def account(person: Resident, *, linked: bool = False, **values: Any) -> User:
    """A login that says it is this person, who need not be on the books."""
    now = timezone.now()
    return UserFactory(
        **{"phone": f"150{random.randrange(10**8):08d}"} | values,
        phone_verified_at=now,
        stated_name=person.name,
        stated_id_number=person.id_number,
        stated_at=now,
        resident=person if linked else None,
    )


def family(user: User) -> Family:
    """As a request of its own meets the account."""
    return Family(User.objects.get(pk=user.pk))


def owner(house: House) -> User:
    row = MembershipFactory(house=house, activated=True, bound_at=timezone.now())
    return account(row.resident, linked=True, phone=row.resident.phone)


def member(house: House | None = None, **values: Any) -> Membership:
    """Somebody who lives with the owner; completed, unless `values` take something away."""
    home = house or HouseFactory()
    works = {"resident__job_title": "护士"} if "resident" not in values else {}
    return MembershipFactory(house=home, role=Role.OTHER, household_type=None, **works | values)


def entry(row: Membership, *, author: User | None = None, **values: Any) -> Submission:
    """What somebody of the household typed about a member, not handed in."""
    by = Author(Submission.Author.OWNER, author or UserFactory(), consented=True)
    return draft(by, values, house=row.house, membership=row)


def submit(kept: Submission) -> Submission:
    found = Submission.objects.get(pk=kept.pk)
    return reviewing.submit(found, Author(found.author, found.account, consented=True))


def waiting(row: Membership, **values: Any) -> Submission:
    """One that changes what stands, so the office must look at it."""
    found = submit(entry(row, **values))
    assert found.status == Submission.Status.WAITING
    return found


def somebody_new(house: House) -> Submission:
    """An entry that names a nanny."""
    by = Author(Submission.Author.OWNER, owner(house), consented=True)
    return draft(by, {"name": "赵姨", "role": Role.OTHER}, house=house)


def asked(row: Membership, **values: Any) -> Request:
    """The member's person, from a phone that the record does not hold, wants to bind the house."""
    user = account(row.resident, **values)
    return Request.ask(Request.Kind.BIND, user, house=row.house, membership=row, role=row.role, text="我")


def invited(row: Membership) -> tuple[str, str]:
    """The token, and the last six that open it."""
    _, token = staff().invite(row.pk)
    return token, row.resident.id_form[-6:]


def again(row: Any) -> Any:
    """As it stands now."""
    return type(row)._default_manager.get(pk=row.pk)


# -- the same act, twenty times ------------------------------------------------------------


def test_twenty_of_the_staff_activate_one_member() -> None:
    row = member()
    told = at_once(*[_activating(row, staff()) for _ in range(MANY)])
    assert Counter(told) == {"done": 1, "already_activated": MANY - 1}
    assert again(row).status == "activated"


def _activating(row: Membership, office: Office) -> Act:
    return lambda: office.activate(row.pk, "证件原件")


def test_a_person_confirms_in_twenty_windows() -> None:
    row = member()
    user = account(row.resident, phone=row.resident.phone)
    told = many(lambda: family(user).confirm(row.pk))
    assert (told["done"], told.keys() - {"done", "not_found", "already_bound"}) == (1, set())
    assert (again(row).status, again(row).activated_by_account) == ("activated", True)


def test_a_person_looks_for_a_match_in_twenty_windows() -> None:
    """As often as a day allows; what is found is asked for once."""
    row = member()
    user = account(row.resident)
    assert many(lambda: family(user).match()) == {"done": 10, "too_many": MANY - 10}
    assert Request.objects.filter(kind=Request.Kind.BIND).count() == 1


def test_a_person_applies_in_twenty_windows() -> None:
    house, user = HouseFactory(), account(ResidentFactory())
    told = many(lambda: family(user).apply_for(house, Role.OTHER, "租住"))
    assert told == {"done": 1, "already_asked": 4, "too_many": MANY - 5}


def test_twenty_answers_to_one_request_are_one() -> None:
    """Yes and no, from the owner and the office."""
    house = HouseFactory()
    user = owner(house)
    row = member(house, managed_by=user.resident)
    request = asked(row)
    voices = [lambda: staff(), lambda: family(user)]
    told = at_once(*[_answering(request, voices[n % 2](), accept=n % 4 < 2) for n in range(MANY)])
    assert Counter(told) == {"done": 1, "already_answered": MANY - 1}
    assert (again(request).status == "accepted") == (again(request.membership).bound_at is not None)


def _answering(request: Request, who: Office | Family, *, accept: bool) -> Act:
    return lambda: who.answer(request.pk, accept=accept, reason="已核对")


def test_twenty_answers_to_an_application_make_one_member() -> None:
    house = HouseFactory()
    user = account(ResidentFactory.build())
    request = family(user).apply_for(house, Role.OTHER, "租住")
    told = at_once(*[_answering(request, staff(), accept=True) for _ in range(MANY)])
    assert Counter(told) == {"done": 1, "already_answered": MANY - 1}
    assert (house.memberships.count(), again(user).resident.name) == (1, user.stated_name)


def test_an_invitation_binds_one_of_twenty_accounts() -> None:
    row = member()
    token, digits = invited(row)
    users = [account(row.resident) for _ in range(MANY)]
    told = Counter(at_once(*[_accepting(user, token, digits) for user in users]))
    assert told == {"done": 1, "invitation_dead": MANY - 1}
    assert again(row).resident.account == Invitation.objects.get().used_by


def _accepting(user: User, token: str, digits: str) -> Act:
    return lambda: family(user).accept_invitation(token, digits)


def test_a_link_is_filled_in_once() -> None:
    row = member(resident__ethnicity="")
    token, digits = invited(row)
    values = {"ethnicity": "01"}
    told = many(lambda: reviewing.fill_by_link(token, digits, values, consented=True))
    assert told == {"done": 1, "invitation_dead": MANY - 1}
    assert (Submission.objects.count(), again(row).status) == (1, "completed")


def test_twenty_guesses_at_once_are_five() -> None:
    """The try counts before it is compared, for those that come together too."""
    token, _ = invited(member())
    told = many(lambda: reviewing.fill_by_link(token, "000000", {"ethnicity": "01"}, consented=True))
    assert told == {"invitation_digits": 5, "invitation_dead": MANY - 5}


def test_two_applications_of_one_account_make_one_person() -> None:
    user = account(ResidentFactory.build())
    requests = [family(user).apply_for(HouseFactory(), Role.OTHER, "租住") for _ in range(2)]
    told = at_once(*[_answering(request, staff(), accept=True) for request in requests])
    assert (told, Resident.objects.get().memberships.count()) == (["done", "done"], 2)


def test_two_accounts_that_say_they_are_one_person_are_not_both_taken_in() -> None:
    person = ResidentFactory.build()
    requests = [family(account(person)).apply_for(HouseFactory(), Role.OTHER, "租住") for _ in range(2)]
    told = at_once(*[_answering(request, staff(), accept=True) for request in requests])
    assert sorted(told) == ["already_linked", "done"]
    assert Membership.objects.count() == Resident.objects.count() == 1


def test_twenty_of_the_staff_invite_one_member() -> None:
    """The newest link lives, the others are revoked."""
    row = member()
    told = at_once(*[_inviting(row, staff()) for _ in range(MANY)])
    assert (set(told), Invitation.objects.live().count()) == ({"done"}, 1)


def _inviting(row: Membership, office: Office) -> Act:
    return lambda: office.invite(row.pk)


def test_one_of_twenty_claims_a_record() -> None:
    row = member()
    told = at_once(*[_claiming(row, staff()) for _ in range(MANY)])
    assert Counter(told) == {"done": 1, "claimed": MANY - 1}
    assert AccessLog.objects.get().account == again(row).claimed_by


def _claiming(row: Membership, office: Office) -> Act:
    return lambda: office.claim("memberships", row.pk)


def test_one_of_twenty_approves_a_submission() -> None:
    row = member()
    kept = waiting(row, job_title="医生")
    told = at_once(*[_approving(kept, staff()) for _ in range(MANY)])
    assert Counter(told) == {"done": 1, "not_waiting": MANY - 1}
    assert (again(kept).status, again(row.resident).job_title) == ("applied", "医生")


def _approving(kept: Submission, office: Office) -> Act:
    return lambda: office.approve(kept.pk)


def test_a_new_member_approved_by_twenty_is_one_person() -> None:
    house = HouseFactory(community__review_all=True)
    kept = submit(somebody_new(house))
    told = at_once(*[_approving(kept, staff()) for _ in range(MANY)])
    assert Counter(told) == {"done": 1, "not_waiting": MANY - 1}
    assert Resident.objects.filter(name="赵姨").count() == 1


def test_a_submission_handed_in_from_twenty_windows_is_one() -> None:
    row = member(resident__ethnicity="")
    kept = entry(row, ethnicity="01")
    told = many(lambda: submit(kept))
    assert (told["done"], told.keys() - {"done", "not_editable", "nothing_typed"}) == (1, set())
    assert (again(kept).status, again(row).status) == ("applied", "completed")


def test_a_new_member_handed_in_from_two_windows_is_one_person() -> None:
    kept = somebody_new(HouseFactory())
    assert sorted(at_once(lambda: submit(kept), lambda: submit(kept))) == ["done", "not_editable"]
    assert Resident.objects.filter(name="赵姨").count() == 1


def test_an_entry_begun_in_twenty_windows_is_one() -> None:
    row, user = member(resident__ethnicity=""), UserFactory()
    told = many(lambda: entry(row, author=user, ethnicity="01"))
    assert (told.keys() <= {"done", "stale"}, Submission.objects.count()) == (True, 1)


def test_one_of_twenty_ends_a_membership() -> None:
    row = member()
    told = at_once(*[_ending(row, staff()) for _ in range(MANY)])
    assert Counter(told) == {"done": 1, "ended": MANY - 1}


def _ending(row: Membership, office: Office, reason: str = EndReason.MOVED_OUT) -> Act:
    return lambda: office.end(row.pk, reason)


def test_an_identity_is_stated_once() -> None:
    """Five tries a day, one of them counts."""
    user = _newcomer()
    told = many(lambda: family(user).state_identity("老周", ZHOU_ID))
    assert told == {"done": 1, "identity_stated": 4, "too_many": MANY - 5}


def test_twenty_identities_stated_at_once_are_one() -> None:
    user = _newcomer()
    names = [f"周{n}" for n in range(MANY)]
    told = at_once(*[_stating(user, name) for name in names])
    assert again(user).stated_name == names[told.index("done")]


def _newcomer() -> User:
    user = UserFactory(phone="15000000001", phone_verified_at=timezone.now())
    Consent.give(user, Consent.Kind.SENSITIVE)
    return user


def _stating(user: User, name: str) -> Act:
    return lambda: family(user).state_identity(name, ZHOU_ID)


def test_the_daily_limit_holds_for_twenty_tries_at_once() -> None:
    user = UserFactory()
    told = many(lambda: Attempt.spend(user, Attempt.Kind.IDENTITY))
    assert told == {"done": 5, "too_many": MANY - 5}
    assert Attempt.objects.get().count == 5


def test_a_consent_given_twenty_times_stands_once() -> None:
    user = UserFactory()
    assert many(lambda: family(user).consent(Consent.Kind.NOTICE)) == {"done": MANY}
    assert Consent.objects.standing().count() == 1


def test_a_guardians_consent_given_twenty_times_stands_once() -> None:
    user, child = UserFactory(), ResidentFactory()
    assert many(lambda: Consent.give(user, Consent.Kind.GUARDIAN, child=child)) == {"done": MANY}
    assert Consent.objects.standing().count() == 1


def test_one_of_twenty_accounts_is_linked_to_a_person() -> None:
    person = ResidentFactory()
    users = [account(person) for _ in range(MANY)]
    told = at_once(*[_linking(user, person) for user in users])
    assert Counter(told) == {"done": 1, "already_linked": MANY - 1}
    assert again(person).account == users[told.index("done")]


def _linking(user: User, person: Resident) -> Act:
    return lambda: identity.link(User.objects.get(pk=user.pk), person)


def test_an_account_is_linked_to_one_of_two_people() -> None:
    people = [ResidentFactory(name="老周") for _ in range(2)]
    user = account(people[0])
    told = at_once(*[_linking(user, person) for person in people])
    assert sorted(told) == ["already_linked", "done"]


# -- two records that prove to be one -----------------------------------------------------


def two_records() -> list[Resident]:
    """The same person in two houses, under one number."""
    person = member().resident
    return [person, member(resident__name=person.name, resident__id_number=person.id_number).resident]


def absorbing(kept: Resident, other: Resident) -> Act:
    office = staff()
    return lambda: office.absorb(kept.pk, other.pk)


def test_twenty_absorb_the_same_record() -> None:
    kept, other = two_records()
    told = Counter(at_once(*[absorbing(kept, other) for _ in range(MANY)]))
    assert (told["done"], told.keys() - {"done", "already_absorbed", "not_found"}) == (1, set())
    assert (kept.memberships.count(), kept.absorbed.count()) == (2, 1)


def test_two_records_absorb_each_other() -> None:
    one, other = two_records()
    told = Counter(at_once(*[absorbing(*pair) for pair in [(one, other), (other, one)] * (MANY // 2)]))
    assert (told["done"], told.keys() - {"done", "already_absorbed", "not_found"}) == (1, set())
    assert Resident.objects.get().memberships.count() == 2


def test_a_member_is_activated_while_the_record_is_absorbed() -> None:
    kept, other = two_records()
    row = other.memberships.get()
    assert at_once(absorbing(kept, other), _activating(row, staff())) == ["done", "done"]
    assert (again(row).resident, again(row).status) == (kept, "activated")


def test_a_member_is_ended_while_the_record_is_absorbed() -> None:
    kept, other = two_records()
    row = other.memberships.get()
    assert at_once(absorbing(kept, other), _ending(row, staff())) == ["done", "done"]
    assert (again(row).resident, again(row).status) == (kept, "ended")


def test_a_member_seen_before_the_absorption_is_activated_after_it() -> None:
    """A page looks, a colleague absorbs, the page acts."""
    kept, other = two_records()
    row, by = other.memberships.get(), staff().user
    absorbing(kept, other)()
    assert at_once(lambda: row.activate("证件原件", by=by)) == ["done"]
    assert (again(row).resident, again(row).status) == (kept, "activated")


def test_a_member_seen_before_the_absorption_is_ended_after_it() -> None:
    kept, other = two_records()
    row, by = other.memberships.get(), staff().user
    absorbing(kept, other)()
    assert at_once(lambda: leaving.end(row, EndReason.MOVED_OUT, by=by)) == ["done"]
    assert (again(row).resident, again(row).status) == (kept, "ended")


def test_a_submission_is_approved_while_the_record_is_absorbed() -> None:
    kept, other = two_records()
    entered = waiting(other.memberships.get(), job_title="医生")
    told = at_once(absorbing(kept, other), _approving(entered, staff()))
    assert told == ["done", "done"]
    assert kept.memberships.count() == 2


def test_a_record_is_bound_while_it_is_absorbed() -> None:
    """The account follows the person, whichever is first; the number is no longer shared then."""
    kept, other = two_records()
    row = other.memberships.get()
    user = account(other, phone=other.phone)
    done, told = at_once(absorbing(kept, other), lambda: family(user).confirm(row.pk))
    assert (done, told in ("done", "link_blocked", "not_found", "already_linked")) == ("done", True)
    assert again(user).resident == (kept if told == "done" else None)


def test_a_request_is_answered_while_the_record_is_absorbed() -> None:
    kept, other = two_records()
    request = asked(other.memberships.get())
    done, told = at_once(absorbing(kept, other), _answering(request, staff(), accept=True))
    assert (done, told in ("done", "link_blocked", "already_linked")) == ("done", True)
    assert (again(request).status == "accepted") == (told == "done")


# -- two acts that contradict each other ----------------------------------------------------


def test_approved_or_returned_but_not_both() -> None:
    kept = waiting(member(), job_title="医生")
    office = staff()
    told = at_once(_approving(kept, staff()), lambda: office.send_back(kept.pk, {}, "请核对"))
    assert sorted(told) == ["done", "not_waiting"]
    assert again(kept).status == ("applied" if told[0] == "done" else "returned")


def test_of_two_entries_about_one_value_the_second_is_stale() -> None:
    """Told, never overwritten: the reviewer of the second looked at what stands no more."""
    row = member()
    entries = [waiting(row, job_title=title) for title in ("医生", "教师")]
    told = at_once(*[_approving(kept, staff()) for kept in entries])
    assert sorted(told) == ["done", "stale"]


def test_of_two_entries_that_fill_one_blank_the_second_is_stale() -> None:
    row = member(resident__employer="")
    entries = [entry(row, employer=name) for name in ("第一中学", "第二中学")]
    told = at_once(*[_submitting(kept) for kept in entries])
    assert sorted(told) == ["done", "stale"]
    assert again(row.resident).employer == ("第一中学" if told[0] == "done" else "第二中学")


def _submitting(kept: Submission) -> Act:
    return lambda: submit(kept)


def test_handed_in_while_the_member_is_ended() -> None:
    row = member(resident__ethnicity="")
    kept = entry(row, ethnicity="01")
    told = at_once(_ending(row, staff()), _submitting(kept))
    assert (told[0], told[1] in ("done", "ended", "not_editable")) == ("done", True)
    assert again(kept).status in ("applied", "dropped")


def test_approved_while_the_member_is_ended() -> None:
    row = member()
    kept = waiting(row, job_title="医生")
    told = at_once(_ending(row, staff()), _approving(kept, staff()))
    assert (told[0], told[1] in ("done", "ended", "not_waiting")) == ("done", True)
    assert again(kept).status == ("applied" if told[1] == "done" else "dropped")


def test_ended_and_reopened() -> None:
    row, office = member(), staff()
    told = at_once(_ending(row, staff()), lambda: office.reopen(row.pk, "误登记"))
    assert (told[0], told[1] in ("done", "not_ended")) == ("done", True)
    assert again(row).is_open == (told[1] == "done")


def test_reopened_and_ended() -> None:
    row, office = member(ended=True), staff()
    told = at_once(lambda: office.reopen(row.pk, "误登记"), _ending(row, staff()))
    assert (told[0], told[1] in ("done", "ended")) == ("done", True)
    assert again(row).is_open == (told[1] == "ended")


def test_two_ended_rows_of_one_person_are_not_both_reopened() -> None:
    first = member(ended=True)
    second = member(first.house, ended=True, resident=first.resident)
    told = at_once(*[_reopening(row, staff()) for row in (first, second)])
    assert sorted(told) == ["already_member", "done"]


def _reopening(row: Membership, office: Office) -> Act:
    return lambda: office.reopen(row.pk, "误登记")


def test_ended_and_activated() -> None:
    row = member()
    told = at_once(_ending(row, staff()), _activating(row, staff()))
    assert (told[0], told[1] in ("done", "ended")) == ("done", True)
    assert (again(row).status, again(row).activated_at is not None) == ("ended", told[1] == "done")


def test_bound_and_activated_at_the_counter() -> None:
    row = member()
    user = account(row.resident, phone=row.resident.phone)
    told = at_once(lambda: family(user).confirm(row.pk), _activating(row, staff()))
    assert (told[0], told[1] in ("done", "already_activated")) == ("done", True)
    assert (again(row).status, again(row).bound_at is not None) == ("activated", True)


def test_bound_and_completed() -> None:
    """The last value and the binding meet: whoever is second activates."""
    row = member(resident__ethnicity="")
    user, office = account(row.resident, phone=row.resident.phone), staff()
    told = at_once(lambda: family(user).confirm(row.pk), lambda: office.complete(row.pk, {"ethnicity": "01"}))
    assert (told, again(row).status) == (["done", "done"], "activated")


def test_bound_and_ended() -> None:
    row = member()
    user = account(row.resident, phone=row.resident.phone)
    told = at_once(lambda: family(user).confirm(row.pk), _ending(row, staff()))
    assert (told[0] in ("done", "ended", "not_found"), told[1]) == (True, "done")
    assert again(row).status == "ended"


def test_invited_and_ended() -> None:
    row = member()
    token, digits = invited(row)
    told = at_once(_accepting(account(row.resident), token, digits), _ending(row, staff()))
    assert (told[0] in ("done", "ended", "invitation_dead"), told[1]) == (True, "done")


def test_bound_in_one_window_and_granted_in_another() -> None:
    row = member()
    user = account(row.resident, phone=row.resident.phone)
    request = Request.ask(Request.Kind.BIND, user, house=row.house, membership=row, role=row.role, text="我")
    told = at_once(lambda: family(user).confirm(row.pk), _answering(request, staff(), accept=True))
    assert "done" in told
    assert set(told) <= {"done", "not_found", "already_bound"}
    assert again(user).resident == row.resident


def test_the_house_is_sold_while_a_request_is_answered() -> None:
    """Taken in, or closed with the sale; the sale stands either way."""
    house = HouseFactory()
    leaving_row, request, office = owner(house).resident.memberships.get(), asked(member(house)), staff()
    told = at_once(
        lambda: office.transfer(house.pk, [leaving_row.pk]), _answering(request, staff(), accept=True)
    )
    assert (told[0], told[1] in ("done", "already_answered")) == ("done", True)
    assert again(request).status == ("accepted" if told[1] == "done" else "closed")


def test_the_house_is_sold_while_an_application_is_granted() -> None:
    house = HouseFactory()
    leaving_row, office = owner(house).resident.memberships.get(), staff()
    request = family(account(ResidentFactory.build())).apply_for(house, Role.OTHER, "租住")
    told = at_once(
        lambda: office.transfer(house.pk, [leaving_row.pk]), _answering(request, staff(), accept=True)
    )
    assert (told[0], told[1] in ("done", "already_answered")) == ("done", True)


def test_the_house_is_sold_twice() -> None:
    house = HouseFactory()
    row = owner(house).resident.memberships.get()
    told = at_once(*[_selling(row, staff()) for _ in range(MANY)])
    assert Counter(told) == {"done": 1, "ended": MANY - 1}


def _selling(row: Membership, office: Office) -> Act:
    return lambda: office.transfer(row.house_id, [row.pk], owner={"name": "新主"})


def test_ended_while_the_request_is_answered() -> None:
    """What was granted is ended, or what is ended is not granted."""
    row = member()
    request = asked(row)
    told = at_once(_ending(row, staff()), _answering(request, staff(), accept=True))
    assert (told[0], told[1] in ("done", "already_answered", "ended")) == ("done", True)
    assert again(row).status == "ended"


def test_somebody_deceased_is_ended_from_two_houses() -> None:
    row = member()
    rows = [row, member(resident=row.resident)]
    told = at_once(*[_ending(one, staff(), EndReason.DECEASED) for one in rows])
    assert set(told) <= {"done", "ended"}
    assert {again(one).end_reason for one in rows} == {"deceased"}


def test_somebody_deceased_has_an_account_that_is_unlinked() -> None:
    row = member()
    user, office = account(row.resident, linked=True), staff()
    told = at_once(_ending(row, staff(), EndReason.DECEASED), lambda: office.unlink(user.pk, "已去世"))
    assert told == ["done", "done"]


def test_a_person_is_erased_while_a_membership_is_ended() -> None:
    row, office = member(), staff()
    told = at_once(lambda: office.erase(row.resident_id, "本人书面申请"), _ending(row, staff()))
    assert (told[0], told[1] in ("done", "ended", "not_found")) == ("done", True)
    assert not Resident.objects.filter(pk=row.resident_id).exists()


def test_a_person_is_erased_twice() -> None:
    row = member()
    told = Counter(at_once(*[_erasing(row, staff()) for _ in range(MANY)]))
    assert (told["done"], told.keys() - {"done", "already_absorbed", "not_found"}) == (1, set())


def _erasing(row: Membership, office: Office) -> Act:
    return lambda: office.erase(row.resident_id, "本人书面申请")


def test_a_dispute_is_opened_while_the_person_is_linked() -> None:
    row = member()
    user, other = account(row.resident, phone=row.resident.phone), UserFactory()
    dispute = {"house": row.house, "resident": row.resident, "text": "证件号码有误"}
    told = at_once(
        lambda: family(user).confirm(row.pk), lambda: Request.ask(Request.Kind.DISPUTE, other, **dispute)
    )
    assert (told[0] in ("done", "link_blocked"), told[1]) == (True, "done")


def test_a_suggestion_is_taken_while_the_value_is_corrected() -> None:
    row = member()
    kept, found = waiting(row, job_title="医生"), suggested(row.resident, "job_title", "教师")
    office = staff()
    told = at_once(lambda: office.take_suggestion(found.pk), _approving(kept, staff()))
    assert "done" in told
    assert set(told) <= {"done", "stale", "already_settled", "not_found"}
    assert again(row.resident).job_title == ("教师" if told[0] == "done" else "医生")


def suggested(person: Resident, field: str, value: str) -> Finding:
    """The platform says otherwise, and its value may be taken with one click."""
    person.said.put(field, Said(value, conflict=True))
    person.save_without_historical_record(update_fields=["upstream"])
    _check_everything()
    return person.findings.get(field=field)


def test_one_number_typed_for_two_people_is_found_out() -> None:
    """Each of two clerks sees a number that is nobody's; together they make it two people's."""
    rows = [member(), member()]
    told = at_once(*[_correcting(row, staff(), id_number=LI_ID) for row in rows])
    assert told == ["done", "done"]
    assert Finding.objects.open().filter(code=FindingCode.ID_SHARED).count() == 2


def _correcting(row: Membership, office: Office, **values: Any) -> Act:
    return lambda: office.complete(row.pk, values, reason="核对证件原件")


def test_a_contact_gets_a_phone_while_the_child_is_completed() -> None:
    """Each brings half of what the child lacks: whoever is second completes it."""
    parent = member(resident__phone="")
    lacking = {"resident__phone": "", "resident__ethnicity": ""}
    child = member(parent.house, resident__contact=parent.resident, **lacking)
    elsewhere = member(resident=child.resident)
    phone = _correcting(parent, staff(), phone="13900000000")
    assert at_once(phone, _correcting(elsewhere, staff(), ethnicity="01")) == ["done", "done"]
    assert (again(child).status, again(elsewhere).status) == ("completed", "completed")


# -- beside a merge of the same household --------------------------------------------------

OLD = zhous(LI, people_sex=1)
NEW = zhous(LI, XIAO, people_sex=1, company_name="第二中学", people_dibao=1)


def merging(phone: str, data: dict[str, Any]) -> Act:
    """The platform's answer about this phone; anything but stored is an error."""
    answer = Asked(phone, read_answer(data, phone=phone), answer_digest(data))

    def act() -> None:
        (outcome,) = merge([answer])
        if outcome.outcome not in ("created", "updated", "unchanged"):
            raise RuntimeError(outcome.cause)

    return act


def zhous_household() -> tuple[Membership, Membership]:
    """老周, completed, and 李梅 as his answer names her."""
    merging(ZHOU_PHONE, OLD)()
    rows = {row.resident.name: row for row in Membership.objects.select_related("resident")}
    return rows["老周"], rows["李梅"]


def assert_the_platform_was_heard() -> None:
    zhou = Resident.objects.get(name="老周")
    assert (zhou.employer, zhou.is_low_income) == ("第二中学", True)
    assert Membership.objects.filter(resident__name="小周").exists()


def test_a_merge_beside_an_activation() -> None:
    zhou, _ = zhous_household()
    assert at_once(merging(ZHOU_PHONE, NEW), _activating(zhou, staff())) == ["done", "done"]
    assert_the_platform_was_heard()
    assert again(zhou).status == "activated"


def test_a_merge_beside_a_binding() -> None:
    zhou, _ = zhous_household()
    user = account(zhou.resident, phone=ZHOU_PHONE)
    told = at_once(merging(ZHOU_PHONE, NEW), lambda: family(user).confirm(zhou.pk))
    assert told == ["done", "done"]
    assert_the_platform_was_heard()
    assert (again(zhou).status, again(user).resident) == ("activated", zhou.resident)


def test_an_owner_is_recognised_in_twenty_windows() -> None:
    zhou, _ = zhous_household()
    user = account(zhou.resident, phone=ZHOU_PHONE)
    assert many(_recognising(user, zhou.resident)) == {"done": MANY}
    assert (again(zhou).status, again(user).resident) == ("activated", zhou.resident)


def test_a_merge_beside_an_owner_who_is_recognised() -> None:
    zhou, _ = zhous_household()
    user = account(zhou.resident, phone=ZHOU_PHONE)
    told = at_once(merging(ZHOU_PHONE, NEW), _recognising(user, zhou.resident))
    assert told == ["done", "done"]
    assert_the_platform_was_heard()
    assert again(zhou).status == "activated"


def _recognising(user: User, person: Resident) -> Act:
    """What follows the answer about the own phone (`sync.own`)."""
    return lambda: identity.recognise_owner(User.objects.get(pk=user.pk), Resident.objects.get(pk=person.pk))


def test_a_merge_beside_a_correction() -> None:
    zhou, _ = zhous_household()
    office = staff()
    told = at_once(
        merging(ZHOU_PHONE, NEW), lambda: office.complete(zhou.pk, {"job_title": "退休"}, reason="本人说明")
    )
    assert told == ["done", "done"]
    assert_the_platform_was_heard()
    assert again(zhou.resident).job_title == "退休"


def test_a_merge_beside_the_last_value() -> None:
    """Her own answer and the office each complete a part: together she is complete."""
    _, li = zhous_household()
    own = lis(people_sex=2, people_address="", people_phone="")
    office = staff()
    values = {"registered_address": "河北省秦皇岛市海港区文化路1号"}
    told = at_once(merging(LI_PHONE, own), lambda: office.complete(li.pk, values))
    assert told == ["done", "done"]
    assert again(li).status == "completed"


def test_two_merges_beside_an_approval() -> None:
    _, li = zhous_household()
    merging(LI_PHONE, lis(people_sex=2))()
    kept, newer = waiting(again(li), job_title="医生"), lis(people_sex=2, company_name="第二中学")
    acts = [merging(ZHOU_PHONE, NEW), merging(LI_PHONE, newer), _approving(kept, staff())]
    assert at_once(*acts) == ["done"] * 3
    assert_the_platform_was_heard()
    assert (again(li.resident).job_title, again(li.resident).employer) == ("医生", "第二中学")


def test_a_merge_beside_an_end() -> None:
    """Told again after the end, or to be read in full the next time: never forgotten."""
    _, li = zhous_household()
    assert at_once(merging(ZHOU_PHONE, NEW), _ending(li, staff())) == ["done", "done"]
    assert_the_platform_was_heard()
    assert again(li).status == "ended"
    assert again(li).relisted_since or not PlatformRecord.objects.get().digest


def test_a_merge_beside_a_reopening() -> None:
    _, li = zhous_household()
    staff().end(li.pk, EndReason.MOVED_OUT)
    assert at_once(merging(ZHOU_PHONE, NEW), _reopening(li, staff())) == ["done", "done"]
    assert_the_platform_was_heard()
    assert again(li).status == "incomplete"


def test_a_merge_beside_a_death() -> None:
    _, li = zhous_household()
    merging(LI_PHONE, lis(people_sex=2))()
    assert at_once(merging(ZHOU_PHONE, NEW), _ending(li, staff(), EndReason.DECEASED)) == ["done", "done"]
    assert again(li).end_reason == "deceased"


def test_a_merge_beside_a_sale() -> None:
    zhou, _ = zhous_household()
    assert at_once(merging(ZHOU_PHONE, NEW), _selling(zhou, staff())) == ["done", "done"]
    assert_the_platform_was_heard()
    assert again(zhou).end_reason == "sold"


def test_a_merge_beside_an_absorption() -> None:
    """李梅 was on the books of another house already."""
    _, li = zhous_household()
    other = member(resident__name="李梅", resident__id_number=LI_ID, resident__job_title="医生").resident
    assert at_once(merging(ZHOU_PHONE, NEW), absorbing(li.resident, other)) == ["done", "done"]
    assert_the_platform_was_heard()
    assert (Resident.objects.get(name="李梅").job_title, li.resident.memberships.count()) == ("医生", 2)


def test_her_own_answer_beside_an_absorption() -> None:
    _, li = zhous_household()
    other = member(resident__name="李梅", resident__id_number=LI_ID, resident__employer="").resident
    merging(LI_PHONE, lis(people_sex=2))()
    newer = lis(people_sex=2, company_name="第二中学")
    assert at_once(merging(LI_PHONE, newer), absorbing(other, li.resident)) == ["done", "done"]
    person = Resident.objects.get(name="李梅")
    assert (person.pk, person.employer, person.memberships.count()) == (other.pk, "第二中学", 2)


def test_a_merge_beside_an_erasure() -> None:
    """She is gone, and no row of the answer brings her back."""
    _, li = zhous_household()
    assert at_once(merging(ZHOU_PHONE, NEW), _erasing(li, staff())) == ["done", "done"]
    assert_the_platform_was_heard()
    assert not Resident.objects.filter(name="李梅").exists()


def test_a_merge_beside_an_application_that_is_granted() -> None:
    """The answer brings the person whom the office takes in at the same moment: one record, not two."""
    zhou, _ = zhous_household()
    person = ResidentFactory.build(name="小周", id_number=XIAO["people_idcard"])
    user = account(person)
    request = family(user).apply_for(zhou.house, Role.SON, "儿子")
    told = at_once(merging(ZHOU_PHONE, NEW), _answering(request, staff(), accept=True))
    assert told == ["done", "done"]
    assert Resident.objects.get(name="小周").account == user
