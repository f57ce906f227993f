"""Random lives of a few people, in whatever order, and what has to hold after each step.

Syncs, entries, reviews, bindings, ends, sales, merged and erased records: each act is done, or
refused with nothing written. `tests/lifecycle.py` has the cast, the answers and the oracles.

LIFECYCLE_EXAMPLES=200 LIFECYCLE_STEPS=60 looks longer than the suite does.
"""

import os
from collections.abc import Callable, Iterable
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from houses.family import Family
from houses.models import Community, Finding, House, Invitation, Membership, Request, StaffRole, Submission
from houses.office import Office
from houses.reviewing import fill_by_link
from houses.rooms import Plan
from houses.states import EndReason
from residents.exceptions import Refused
from residents.models import Consent, Resident, User
from sync.engine import sync_phone
from sync.models import PlatformRecord
from sync.own import sync_own_phone
from tests.factories import CommunityFactory, UserFactory
from tests.household import THE_REST
from tests.lifecycle import (
    CAST,
    INVARIANTS,
    NEWCOMERS,
    PHONES,
    WRONG_NUMBER,
    Books,
    Home,
    Platform,
    Row,
    Tables,
    Told,
    answers,
    differing,
    stored,
    typed,
)

OFFICES = st.sampled_from(["chief", "chief", "manager1", "manager1", "manager2", "clerk1"])
VIEWERS = ("chief", "clerk1", "clerk2")
# Who logs in: with the own phone, and somebody with a phone of no cast's and 李梅's name and number.
ACCOUNTS = [*PHONES, "stranger"]
STRANGERS_PHONE = "13700000007"
REASONS = st.sampled_from(["核对证件原件", "核对证件原件", ""])
DATA = st.data()

OPENING = Told((Home("101", rows=(Row("zhou"), Row("li"), Row("nan"), Row("wang"))),))

# What a refused identity leaves: the office hears of it.
TRACES = (Request, Request.history.model)

Values = dict[str, Any]


class Lifecycle(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.tokens: list[tuple[str, int]] = []
        self.sound: Tables = {}
        self.looks = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)
        vars(Resident._meta.pk).pop("_get_default", None)

    # -- the opening ---------------------------------------------------------------------

    @initialize(
        seed=st.integers(0, 99),
        opened=st.sampled_from(["bound", "synced", "bound", "empty"]),
        reviewed=st.sampled_from(["", "1", "2"]),
    )
    def open(self, seed: int, opened: str, reviewed: str) -> None:
        """Two communities with their staff, one of which may review all. Mostly 老周 has bound his house
        and the others have logins; often 王租 has bound it too, with gaps in his record, and 李梅, who
        manages her own data.

        The keys of people are drawn, so that an example that failed can be played again.
        """
        draw = Random(seed)
        vars(Resident._meta.pk)["_get_default"] = lambda: UUID(int=draw.getrandbits(128), version=4)
        UserFactory(staff=True, username="chief", is_superuser=True)
        for code in ("1", "2"):
            place = CommunityFactory(platform_code=code, review_all=code == reviewed)
            for role in ("manager", "clerk"):
                user = UserFactory(staff=True, username=f"{role}{code}")
                StaffRole.objects.create(user=user, community=place, role=role)
        if opened != "empty":
            for who in PHONES:
                self.register(who, said="", consents=True)
            self.asks_for_itself(User.objects.get(username="zhou"), OPENING)
        if opened == "bound":
            for who in ("li", "wang"):
                Family(User.objects.get(username=who)).match()
            for request in Request.objects.order_by("pk"):
                self.office("chief").answer(request.pk, accept=True, reason="已核对")
            wife = Membership.objects.get(resident__name="李梅")
            self.office("chief").complete(wife.pk, THE_REST | {"phone": PHONES["li"]})

    # -- acts, done or refused -------------------------------------------------------------

    def act(self, title: str, act: Callable[[], Any], *, leaves: tuple[type, ...] = ()) -> Any:
        """What came of it, None where it was refused. `leaves`: where a refusal leaves its trace."""
        before = stored(*leaves)
        try:
            came = act()
        except Refused as refused:
            note(f"    {title}: {refused.code}")
            assert differing(before, stored()) == [], f"{title} is refused ({refused.code}), and written"
            return None
        note(f"    {title}: done")
        return came if came is not None else True

    # -- who and what ------------------------------------------------------------------------

    @staticmethod
    def pick(data: st.DataObject, likely: Iterable[Any], anything: Iterable[Any] = ()) -> Any:
        """One of the likely, now and then of anything; None where there is nothing."""
        likely, anything = list(likely), list(anything)
        unlikely = anything and (not likely or data.draw(st.integers(0, 7)) == 7)
        found = anything if unlikely else likely
        return found[data.draw(st.integers(0, len(found) - 1))] if found else None

    @staticmethod
    def office(name: str) -> Office:
        return Office(User.objects.get(username=name))

    def family(self, data: st.DataObject, **likely: Any) -> Family | None:
        users = User.objects.filter(is_staff=False).order_by("pk")
        user = self.pick(data, users.filter(**likely), users)
        return Family(user) if user else None

    def resident_at_home(self, data: st.DataObject) -> Family | None:
        return self.family(data, resident__memberships__bound_at__isnull=False)

    def row(self, data: st.DataObject, **likely: Any) -> Any:
        rows = Membership.objects.select_related("resident", "house").order_by("pk")
        return self.pick(data, rows.filter(ended_at=None, **likely), rows)

    def fillable(self, data: st.DataObject, family: Family) -> Any:
        rows = Membership.objects.order_by("pk")
        return self.pick(data, rows.filter(pk__in=family.scope.fillable.values("pk")), rows)

    def house(self, data: st.DataObject) -> Any:
        houses = House.objects.order_by("pk")
        return self.pick(data, houses.filter(memberships__ended_at=None).distinct(), houses)

    def contact(self, data: st.DataObject, row: Membership) -> Values:
        """Sometimes a fellow member is typed in as the contact."""
        if data.draw(st.integers(0, 3)) < 3:
            return {}
        fellow = self.pick(data, Membership.objects.open().filter(house=row.house_id).order_by("pk"))
        return {"contact": str(fellow.resident_id)} if fellow else {}

    # -- the platform ------------------------------------------------------------------------

    @rule(
        phone=st.sampled_from([*PHONES.values()]), told=answers(), known=st.sampled_from([True] * 9 + [False])
    )
    def sync(self, phone: str, told: Told, known: bool) -> None:
        if known:
            self.heard(sync_phone(phone, client=Platform(told.wire(phone))), phone, told)
            return
        before = stored()
        sync_phone(phone, client=Platform(None))
        assert differing(before, stored()) == []

    @rule(data=DATA, told=answers())
    def sync_own(self, data: st.DataObject, told: Told) -> None:
        family = self.family(data)
        if family and family.user.phone in PHONES.values():
            self.asks_for_itself(family.user, told)

    def asks_for_itself(self, user: User, told: Told) -> None:
        phone = user.phone or ""
        client, before = Platform(told.wire(phone)), stored(*TRACES)
        try:
            outcome = sync_own_phone(user, client=client)
        except Refused as refused:
            note(f"    {user.username} syncs {told}: {refused.code}")
            # An answer that is about the account's person is stored, whatever stands against a link.
            if refused.code not in ("link_blocked", "already_linked"):
                assert differing(before, stored(*TRACES)) == [], f"refused ({refused.code}), and written"
        else:
            self.heard(outcome, phone, told)

    def heard(self, outcome: Any, phone: str, told: Told) -> None:
        """A good answer is stored; the same once more, read in full, writes nothing."""
        note(f"    {phone} is synced: {outcome.outcome}")
        assert outcome.outcome != "failed", outcome.cause
        PlatformRecord.objects.filter(phone=phone).update(digest="")
        before = stored(PlatformRecord)
        again = sync_phone(phone, client=Platform(told.wire(phone)))
        assert (again.outcome, differing(before, stored(PlatformRecord))) == ("unchanged", [])

    # -- accounts ----------------------------------------------------------------------------

    @rule(account=st.sampled_from(ACCOUNTS), said=st.sampled_from(["", *PHONES]), consents=st.booleans())
    def register(self, account: str, said: str, consents: bool) -> None:
        """Somebody logs in by SMS; with nobody said, as whoever the phone belongs to."""
        phone = PHONES.get(account, STRANGERS_PHONE)
        if User.objects.filter(username=account).exists() or User.objects.filter(phone=phone).exists():
            return
        user = UserFactory(username=account, phone=phone, phone_verified_at=timezone.now())
        for kind in (Consent.Kind.NOTICE, Consent.Kind.SENSITIVE) if consents else ():
            Consent.give(user, kind)
        name, number, _ = CAST[said or (account if account in CAST else "li")]
        self.act(f"{account} says it is {name}", lambda: Family(user).state_identity(name, number))

    @rule(
        data=DATA, who=st.sampled_from([*CAST]), what=st.sampled_from(["state", "give", "withdraw", "child"])
    )
    def say(self, data: st.DataObject, who: str, what: str) -> None:
        """Who one is, and what one agrees to."""
        if (family := self.family(data)) is None:
            return
        name, number, _ = CAST[who]
        child = self.row(data, resident__name="周囡") if what == "child" else None
        acts: dict[str, Callable[[], Any]] = {
            "state": lambda: family.state_identity(name, number),
            "give": lambda: family.consent(Consent.Kind.SENSITIVE),
            "withdraw": lambda: family.withdraw_consent(Consent.Kind.SENSITIVE),
            "child": lambda: family.consent_for_child(child.pk if child else 0),
        }
        self.act(f"{family.user.username}: {what}", acts[what])

    @rule(
        data=DATA,
        by=OFFICES,
        what=st.sampled_from(["unlink", "lock", "unlock", "change_phone", "correct_identity"]),
        phone=st.sampled_from([STRANGERS_PHONE, *PHONES.values()]),
        who=st.sampled_from([*CAST]),
    )
    def see_to_an_account(self, data: st.DataObject, by: str, what: str, phone: str, who: str) -> None:
        likely = {
            "unlink": {"resident__isnull": False},
            "unlock": {"locked_at__isnull": False},
            "correct_identity": {"resident": None},
        }
        if (family := self.family(data, **likely.get(what, {}))) is None:
            return
        told = {"change_phone": [phone], "correct_identity": CAST[who][:2]}.get(what, [])
        act = getattr(self.office(by), what)
        self.act(
            f"{by}: {what} {family.user.username} {told}", lambda: act(family.user.pk, *told, "当面核对")
        )

    # -- what a household types --------------------------------------------------------------

    @rule(data=DATA, values=typed, guardian=st.booleans(), handed_in=st.sampled_from([True, True, False]))
    def fill(self, data: st.DataObject, values: Values, guardian: bool, handed_in: bool) -> None:
        if (family := self.resident_at_home(data)) and (row := self.fillable(data, family)):
            values = values | self.contact(data, row)
            title = f"{family.user.username} types of {row} {values}"
            entry = self.act(title, lambda: family.draft(row.pk, values, guardian=guardian))
            if entry and handed_in:
                self.act("and hands it in", lambda: family.submit(entry.pk))

    @rule(
        data=DATA, who=st.sampled_from(NEWCOMERS), more=typed, handed_in=st.sampled_from([True, True, False])
    )
    def name_member(self, data: st.DataObject, who: Values, more: Values, handed_in: bool) -> None:
        if (family := self.resident_at_home(data)) is None:
            return
        house = self.pick(data, family.scope.houses.order_by("pk"), House.objects.order_by("pk"))
        if house:
            title = f"{family.user.username} names for {house} {more | who}"
            entry = self.act(title, lambda: family.name_member(house.pk, more | who, guardian=True))
            if entry and handed_in:
                self.act("and hands it in", lambda: family.submit(entry.pk))

    @rule(data=DATA, what=st.sampled_from(["submit", "submit", "discard"]))
    def go_on(self, data: st.DataObject, what: str) -> None:
        editable = {"submissions__status__in": ["draft", "returned"]}
        if (family := self.family(data, **editable)) and (
            entry := self.pick(
                data, family.submissions.open().order_by("pk"), Submission.objects.order_by("pk")
            )
        ):
            act = getattr(family, what)
            self.act(f"{family.user.username}: {what} {entry}", lambda: act(entry.pk))

    @rule(data=DATA, nickname=st.sampled_from(["孩儿他爸", "", "13800000001"]))
    def call_oneself(self, data: st.DataObject, nickname: str) -> None:
        if (family := self.resident_at_home(data)) and (
            row := self.row(data, resident=family.user.resident_id)
        ):
            title = f"{family.user.username} in {row} is called {nickname}"
            self.act(title, lambda: family.set_nickname(row.pk, nickname))

    # -- what staff type, review and claim -----------------------------------------------------

    @rule(by=OFFICES, data=DATA, values=typed, reason=REASONS)
    def complete(self, by: str, data: st.DataObject, values: Values, reason: str) -> None:
        if row := self.row(data):
            values = values | self.contact(data, row)
            act = self.office(by).complete
            self.act(f"{by} types of {row} {values} {reason}", lambda: act(row.pk, values, reason=reason))

    @rule(by=OFFICES, data=DATA, who=st.sampled_from(NEWCOMERS), more=typed, reason=REASONS)
    def add_member(self, by: str, data: st.DataObject, who: Values, more: Values, reason: str) -> None:
        if house := self.house(data):
            act, values = self.office(by).add_member, more | who
            self.act(f"{by} adds to {house} {values} {reason}", lambda: act(house.pk, values, reason=reason))

    @rule(by=OFFICES, data=DATA, known=st.booleans())
    def approve(self, by: str, data: st.DataObject, known: bool) -> None:
        entries = Submission.objects.order_by("pk")
        if entry := self.pick(data, entries.waiting(), entries):
            named = known and entry.membership_id is None
            person = self.pick(data, Resident.objects.order_by("pk")) if named else None
            act, key = self.office(by).approve, person and person.pk
            title = f"{by} approves {entry}, of {person.name if person else 'whom it names'}"
            self.act(title, lambda: act(entry.pk, person=key))

    @rule(by=OFFICES, data=DATA)
    def send_back(self, by: str, data: st.DataObject) -> None:
        entries = Submission.objects.order_by("pk")
        if entry := self.pick(data, entries.waiting(), entries):
            self.act(f"{by} returns {entry}", lambda: self.office(by).send_back(entry.pk, {}, "请核对"))

    @rule(
        by=OFFICES,
        data=DATA,
        kind=st.sampled_from(["memberships", "submissions", "requests"]),
        what=st.sampled_from(["claim", "release"]),
    )
    def claim(self, by: str, data: st.DataObject, kind: str, what: str) -> None:
        models = {"memberships": Membership, "submissions": Submission, "requests": Request}
        if record := self.pick(data, models[kind].objects.order_by("pk")):
            act = getattr(self.office(by), what)
            self.act(f"{by}: {what} {record}", lambda: act(kind, record.pk))

    @rule(by=OFFICES, data=DATA, how=st.sampled_from(["take", "waive", "resolve"]))
    def settle(self, by: str, data: st.DataObject, how: str) -> None:
        found, office = Finding.objects.order_by("pk"), self.office(by)
        likely = [one for one in found.open() if how != "take" or one.suggestion]
        if finding := self.pick(data, likely, found):
            acts: dict[str, Callable[[], Any]] = {
                "take": lambda: office.take_suggestion(finding.pk),
                "waive": lambda: office.settle(finding.pk, "已核对", waive=True),
                "resolve": lambda: office.settle(finding.pk, "已核对", waive=False),
            }
            self.act(f"{by}: {how} {finding.code} of {finding.record_key}", acts[how])

    # -- binding -----------------------------------------------------------------------------

    @rule(data=DATA, confirmed=st.sampled_from([True, True, False]))
    def match(self, data: st.DataObject, confirmed: bool) -> None:
        if family := self.family(data, stated_at__isnull=False):
            found = self.act(f"{family.user.username} looks for a match", family.match)
            rows = found if isinstance(found, list) else []
            row = self.pick(data, rows, Membership.objects.order_by("pk"))
            if row and confirmed:
                self.act(f"and confirms {row}", lambda: family.confirm(row.pk))

    @rule(data=DATA, role=st.sampled_from([2, 4, 12, 1]))
    def apply_for(self, data: st.DataObject, role: int) -> None:
        if (family := self.family(data, stated_at__isnull=False)) and (house := self.house(data)):
            title = f"{family.user.username} applies for {house}, {role}"
            self.act(title, lambda: family.apply_for(house, role, "租住在此"))

    @rule(by=st.one_of(st.none(), OFFICES), data=DATA, revoked=st.sampled_from([False, False, True]))
    def invite(self, by: str | None, data: st.DataObject, revoked: bool) -> None:
        """By the office, or by somebody who fills for the member."""
        host: Any = self.office(by) if by else self.resident_at_home(data)
        unbound = {"bound_at": None, "resident__account": None}
        row = self.row(data, **unbound) if by else host and self.fillable(data, host)
        if host and row:
            invited = self.act(f"{host.user.username} invites {row}", lambda: host.invite(row.pk))
            if invited:
                self.tokens.append((invited[1], invited[0].pk))
            if revoked:
                self.act("and revokes it", lambda: host.revoke_invitation(row.pk))

    def token(self, data: st.DataObject) -> tuple[str, str, str]:
        """A link that was handed out, mostly one that lives; the last six of whom it is for, mostly the
        right ones; and the number itself."""
        live = set(Invitation.objects.live().values_list("pk", flat=True))
        mine = self.pick(data, [one for one in self.tokens if one[1] in live], self.tokens)
        invitation = (
            mine and Invitation.objects.filter(pk=mine[1]).select_related("membership__resident").first()
        )
        if not invitation:
            return "", "", ""
        number = invitation.membership.resident.id_form
        right = data.draw(st.integers(0, 5)) < 5
        return mine[0], (number if right else WRONG_NUMBER)[-6:], number

    @rule(data=DATA)
    def accept(self, data: st.DataObject) -> None:
        token, digits, number = self.token(data)
        if token and (family := self.family(data, stated_id_number=number)):
            title = f"{family.user.username} accepts with {digits}"
            self.act(title, lambda: family.accept_invitation(token, digits))

    @rule(data=DATA, values=typed, consented=st.booleans())
    def fill_by_link(self, data: st.DataObject, values: Values, consented: bool) -> None:
        token, digits, _ = self.token(data)

        def fill() -> Submission:
            return fill_by_link(token, digits, values, consented=consented, guardian=True)

        if token:
            self.act(f"a link's visitor types {values} with {digits}", fill)

    # -- requests ----------------------------------------------------------------------------

    @rule(data=DATA, what=st.sampled_from(["end", "erase", "dispute"]))
    def ask(self, data: st.DataObject, what: str) -> None:
        if (family := self.resident_at_home(data)) is None:
            return
        row = self.fillable(data, family) if what == "end" else None
        acts: dict[str, Callable[[], Any]] = {
            "end": lambda: family.ask_end(row.pk if row else 0, "搬走"),
            "erase": family.ask_erasure,
            "dispute": lambda: family.dispute("不是我的号码"),
        }
        self.act(f"{family.user.username} asks: {what} {row or ''}", acts[what])

    @rule(by=st.one_of(st.none(), OFFICES), data=DATA, accept=st.sampled_from([True, True, False]))
    def answer(self, by: str | None, data: st.DataObject, accept: bool) -> None:
        """By the office, or by an owner."""
        host: Any = self.office(by) if by else self.resident_at_home(data)
        if not host:
            return
        asked = Request.objects.order_by("pk")
        likely = asked.open() if by else asked.filter(pk__in=host.requests.values("pk"))
        if request := self.pick(data, likely, asked):
            title = f"{host.user.username} answers {request}: {accept}"
            # What is no owner's to answer any more is left to the office by the owner's try.
            leaves = () if by else TRACES
            self.act(title, lambda: host.answer(request.pk, accept=accept, reason="已核对"), leaves=leaves)

    # -- memberships and houses --------------------------------------------------------------

    @rule(by=OFFICES, data=DATA, reason=REASONS)
    def activate(self, by: str, data: st.DataObject, reason: str) -> None:
        if row := self.row(data, status="completed"):
            self.act(f"{by} activates {row}", lambda: self.office(by).activate(row.pk, reason))

    @rule(by=OFFICES, data=DATA, reason=st.sampled_from([*EndReason]))
    def end(self, by: str, data: st.DataObject, reason: str) -> None:
        if row := self.row(data):
            self.act(f"{by} ends {row}: {reason}", lambda: self.office(by).end(row.pk, reason))

    @rule(by=OFFICES, data=DATA)
    def reopen(self, by: str, data: st.DataObject) -> None:
        rows = Membership.objects.order_by("pk")
        if row := self.pick(data, rows.filter(status="ended"), rows):
            self.act(f"{by} reopens {row}", lambda: self.office(by).reopen(row.pk, "登记有误"))

    @rule(by=OFFICES, data=DATA, until=st.sampled_from([None, date(2030, 1, 1)]), rooms=st.booleans())
    def keep_house(self, by: str, data: st.DataObject, until: date | None, rooms: bool) -> None:
        place, office = self.pick(data, Community.objects.order_by("pk")), self.office(by)
        plan = Plan(building="1", units=1, first_floor=1, last_floor=1, rooms=2)
        if rooms:
            self.act(f"{by} makes rooms", lambda: office.create_rooms(place.pk, plan))
        elif row := self.row(data, role=2):
            self.act(f"{by} sets the lease of {row}", lambda: office.set_lease(row.pk, until))

    @rule(by=OFFICES, data=DATA, all_leave=st.booleans(), sold_to=st.sampled_from(["", "chen", "li"]))
    def transfer(self, by: str, data: st.DataObject, all_leave: bool, sold_to: str) -> None:
        if house := self.house(data):
            rows = list(house.memberships.open().order_by("pk"))
            leaving = rows if all_leave else [one for one in [self.pick(data, rows)] if one]
            owner = {"name": CAST[sold_to][0], "id_number": CAST[sold_to][1]} if sold_to else None
            act, keys = self.office(by).transfer, [one.pk for one in leaving]
            title = f"{by} sells {house}, {keys} leave, to {sold_to or 'nobody yet'}"
            self.act(title, lambda: act(house.pk, keys, owner=owner))

    # -- people ------------------------------------------------------------------------------

    @rule(by=OFFICES, data=DATA)
    def absorb(self, by: str, data: st.DataObject) -> None:
        people = Resident.objects.order_by("pk")
        kept = self.pick(data, people)
        other = kept and self.pick(data, people.exclude(pk=kept.pk), people)
        if kept and other:
            title = f"{by} finds that {kept.name} and {other.name} are one"
            self.act(title, lambda: self.office(by).absorb(kept.pk, other.pk))

    @rule(by=OFFICES, data=DATA)
    def erase(self, by: str, data: st.DataObject) -> None:
        if (person := self.pick(data, Resident.objects.order_by("pk"))) is None:
            return
        keys = person.all_keys()
        rows = list(Membership.objects.filter(resident=person).values_list("pk", flat=True))
        if self.act(f"{by} erases {person.name}", lambda: self.office(by).erase(person.pk, "书面申请")):
            assert not Resident.history.filter(id__in=keys).exists()
            assert not Membership.history.filter(id__in=rows).exists()

    # -- what holds --------------------------------------------------------------------------

    @invariant()
    def everything_holds(self) -> None:
        """Looked at after each step that wrote something, each time with the eyes of another."""
        now = stored()
        if User.objects.exists() and now != self.sound:
            books = Books(VIEWERS[self.looks % len(VIEWERS)])
            self.looks += 1
            for holds in INVARIANTS:
                holds(books)
            self.sound = now


@pytest.mark.once
@pytest.mark.django_db
def test_whatever_people_do_in_whatever_order_the_books_stay_sound() -> None:
    run_state_machine_as_test(
        Lifecycle,
        settings=settings(
            max_examples=int(os.environ.get("LIFECYCLE_EXAMPLES", "25")),
            stateful_step_count=int(os.environ.get("LIFECYCLE_STEPS", "30")),
            deadline=None,
            database=None,
            print_blob=True,
            # The suite walks the same ways each time; a longer look takes new ones.
            derandomize="LIFECYCLE_EXAMPLES" not in os.environ,
            phases=[Phase.generate] if "LIFECYCLE_QUICK" in os.environ else list(Phase),
            suppress_health_check=list(HealthCheck),
        ),
    )
