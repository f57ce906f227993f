"""What the state machine of the lifecycle stands on: a small cast, its changing answers, and oracles.

The oracles are a second reading of the rules (docs/domain.md; decision 8 for the camps of a house)
in plain Python over all rows: they call nothing of what they judge.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Count, Max
from django.utils import timezone
from hypothesis import strategies as st

from houses import findings
from houses.models import Community, Finding, Guesses, House, Invitation, Membership, Request, Submission
from houses.models.claim import IDLE
from houses.queues import Queue, counts, rows
from houses.visibility import for_household, for_staff
from residents import id_numbers
from residents.models import Attempt, NumberLock, Resident, Tombstone, User
from sync.client import Reply
from sync.models import Mention, PlatformRecord
from tests.cast import (
    CHEN_ID,
    CHEN_PHONE,
    LI_ID,
    LI_PHONE,
    WANG_ID,
    WANG_PHONE,
    XIAO_ID,
    ZHOU_ID,
    ZHOU_PHONE,
    dwelling,
    member,
    person,
)
from tests.factories import id_number
from tests.household import THE_REST

# -- the cast, and what the platform says of it --------------------------------------------

NAN_ID = id_number(2, born="20180601")
# Name, number, and the role that 老周 would give them; 周囡 is under fourteen.
CAST = {
    "zhou": ("老周", ZHOU_ID, 1),
    "li": ("李梅", LI_ID, 4),
    "nan": ("周囡", NAN_ID, 12),
    "wang": ("王租", WANG_ID, 2),
    "chen": ("陈五", CHEN_ID, 13),
    "xiao": ("小周", XIAO_ID, 11),
}
PHONES = {"zhou": ZHOU_PHONE, "li": LI_PHONE, "wang": WANG_PHONE, "chen": CHEN_PHONE}
ADDRESSES = {
    "101": {"xiaoqu": "1", "room": "101"},
    "102": {"xiaoqu": "1", "room": "102"},
    "202": {"xiaoqu": "2", "room": "202"},
}
WRONG_NUMBER = ZHOU_ID[:-1] + "3"

# How a row, or the answer's own person, differs from the truth.
TWISTS = ("", "no number", "wrong number", "another's number", "another name", "no name")
ROLES = ("", "no clear role", "tenant", "owner")
# What an answer says of its person beyond a complete and undisputed record.
CHANGES: tuple[dict[str, Any], ...] = (
    {"people_nation": None},
    {"people_nation": "回"},
    {"people_address": None},
    {"people_address": "河北省秦皇岛市海港区文化路2号"},
    {"people_birth": "19800101"},
    {"people_sex": 2},
    {"people_zhengzhimianmao": 2},
    {"people_zhengzhimianmao": 9},
    {"people_dibao": None},
    {"people_shangfang": 1},
    {"job_name": "医生"},
)


@dataclass(frozen=True)
class Row:
    who: str
    twist: str = ""
    role: str = ""

    def wire(self, own: tuple[str, Any]) -> dict[str, Any]:
        name, number = twisted(self.who, self.twist)
        subject, subjects_role = own
        return member(name, number, subjects_role if self.who == subject else role_of(self.who, self.role))


@dataclass(frozen=True)
class Home:
    address: str
    role: str = ""
    occupancy: int | None = 1
    rows: tuple[Row, ...] = ()

    def wire(self, subject: str) -> dict[str, Any]:
        role = role_of(subject, self.role)
        members = [row.wire((subject, role)) for row in self.rows]
        return dwelling(*members, role=role, people_house_status=self.occupancy, **ADDRESSES[self.address])


@dataclass(frozen=True)
class Told:
    """An answer of the platform; `subject` is whoever has the phone unless it was given away."""

    homes: tuple[Home, ...]
    twist: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    given_to: str = ""

    def wire(self, phone: str) -> dict[str, Any]:
        subject = self.given_to or next(who for who in PHONES if PHONES[who] == phone)
        name, number = twisted(subject, self.twist)
        name = name or ("" if number else CAST[subject][0])
        return person(name, number, phone, *(home.wire(subject) for home in self.homes), **self.changes)


def twisted(who: str, twist: str) -> tuple[str | None, str | None]:
    name, number, _ = CAST[who]
    return {
        "": (name, number),
        "no number": (name, None),
        "wrong number": (name, number[:-1] + ("1" if number[-1] != "1" else "2")),
        "another's number": (name, CAST["wang" if who == "li" else "li"][1]),
        "another name": (f"{name[0]}某", number),
        "no name": (None, number),
    }[twist]


def role_of(who: str, role: str) -> int:
    return {"": CAST[who][2], "no clear role": 0, "tenant": 2, "owner": 1}[role]


def answers() -> st.SearchStrategy[Told]:
    members = st.builds(Row, st.sampled_from([*CAST]), _mostly(TWISTS), _mostly(ROLES))
    homes = st.builds(
        Home,
        st.sampled_from([*ADDRESSES]),
        _mostly(("", "owner", "tenant")),
        st.sampled_from([1, 5, None]),
        st.lists(members, max_size=4).map(tuple),
    )
    changes = st.lists(st.sampled_from(CHANGES), max_size=2).map(merged)
    return st.builds(
        Told,
        st.lists(homes, max_size=3).map(tuple),
        _mostly(TWISTS),
        changes,
        st.sampled_from(["", "", "", "", "", "li", "wang"]),
    )


def _mostly(values: tuple[str, ...]) -> st.SearchStrategy[str]:
    """The first half of the time."""
    return st.sampled_from([*values[:1] * len(values), *values])


def merged(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}


class Platform:
    """Answers without a socket; the client of the product is not what is tested here."""

    def __init__(self, data: dict[str, Any] | None) -> None:
        self.data = data

    def __enter__(self) -> "Platform":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def lookup(self, phone: str) -> Reply:
        return Reply(self.data, attempts=1)


# -- what people type ----------------------------------------------------------------------

PIECES: tuple[dict[str, Any], ...] = (
    THE_REST,
    THE_REST | {"phone": "13700000009"},
    {"ethnicity": "02"},
    {"ethnicity": ""},
    {"registered_address": "河北省秦皇岛市海港区文化路3号"},
    {"name": "李梅花"},
    {"name": "老周"},
    {"id_number": LI_ID},
    {"id_number": WANG_ID},
    {"id_number": NAN_ID},
    {"id_number": ""},
    {"id_number": WRONG_NUMBER},
    {"id_type": "passport", "id_number": "E12345678"},
    {"sex": 2},
    {"birth_date": "1982-05-12"},
    {"birth_date": "2019-05-12"},
    {"phone": ""},
    {"phone": "13700000008"},
    {"is_low_income": True},
    {"employer": ""},
    {"employer": "二中"},
    {"role": 11},
    {"role": 2},
    {"role": 1},
    {"role": 4},
    {"household_type": 2},
)
NEWCOMERS: tuple[dict[str, Any], ...] = (
    {"name": "周囡", "role": 12, "id_number": NAN_ID},
    {"name": "小周", "role": 11},
    {"name": "李梅", "role": 4, "id_number": LI_ID},
    {"name": "王租", "role": 2, "id_number": WANG_ID},
    {"name": "保姆", "role": 13},
    {"name": "陈五", "role": 1, "id_number": CHEN_ID},
)
typed = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map(merged)


# -- all that is stored --------------------------------------------------------------------

Tables = dict[str, list[tuple[Any, ...]]]


def stored(*leaving_out: type) -> Tables:
    """Every row of residents, houses and the sync's books, as it lies in the database; counted tries
    and the rows that are nothing but locks aside."""
    models = [model for app in ("residents", "houses") for model in apps.get_app_config(app).get_models()]
    watched = {*models, PlatformRecord, Mention} - {Attempt, Guesses, NumberLock, *leaving_out}
    return {model._meta.db_table: _raw(model) for model in sorted(watched, key=lambda one: one.__name__)}


def _raw(model: Any) -> list[tuple[Any, ...]]:
    quiet = {"tries"} if model is Invitation else {"checked_at"} if model is PlatformRecord else set()
    columns = [one.column for one in model._meta.concrete_fields if one.name not in quiet]
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {names} FROM "{model._meta.db_table}" ORDER BY "{model._meta.pk.column}"')
        return list(cursor.fetchall())


def differing(before: Tables, after: Tables) -> list[str]:
    return [table for table in before if before[table] != after.get(table)]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# -- everything in memory ------------------------------------------------------------------

ERRORS = {
    "id_checksum", "id_birth_mismatch", "id_sex_mismatch", "id_shared", "self_id_mismatch",
    "role_sex_mismatch", "platform_conflict", "second_owner", "minor_without_guardian",
}  # fmt: skip
SELF, TENANT = 1, 2


class Books:
    """All rows, read once, and what the rules say of them.

    One member of staff looks at them: the system administrator, or a clerk of either community.
    """

    def __init__(self, viewer: str) -> None:
        self.people = {one.pk: one for one in Resident.objects.all()}
        self.rows = list(Membership.objects.order_by("pk"))
        self.open = [row for row in self.rows if row.ended_at is None]
        self.houses = {one.pk: one for one in House.objects.all()}
        self.findings = list(Finding.objects.filter(status="open"))
        self.submissions = list(Submission.objects.order_by("pk"))
        self.requests = list(Request.objects.order_by("pk"))
        self.users = list(User.objects.order_by("pk"))
        looks = User.objects.get(username=viewer)
        communities = None if looks.is_superuser else {role.community_id for role in looks.roles.all()}
        self.viewer = looks, Inside(self, communities)

    def person(self, row: Membership) -> Resident:
        return self.people[row.resident_id]

    # -- two axes, one status

    def lacks(self, person: Resident) -> set[str]:
        """What the record owes and does not have (domain.md, Required)."""
        owed = {"name", "id_number", "sex", "birth_date", "is_low_income"}
        told = id_numbers.told(person.id_number)
        birth = person.birth_date or (told and told.birth)
        today = timezone.localdate()
        if not birth or (birth.year + 16, birth.month, birth.day) <= (today.year, today.month, today.day):
            owed |= {"is_veteran", "political_status"}
        if person.id_type == "id_card":
            owed |= {"ethnicity", "registered_address"}
        else:
            owed -= {"political_status"}
        missing = {name for name in owed if getattr(person, name) in (None, "")}
        contact = self.people.get(person.contact_id)
        return missing if person.phone or (contact and contact.phone) else missing | {"phone"}

    def status(self, row: Membership) -> str:
        complete = not self.lacks(self.person(row))
        if row.ended_at:
            return "ended"
        if row.activated_at or (row.bound_at and complete):
            return "activated"
        return "completed" if complete else "incomplete"

    # -- queues

    def claims(self) -> dict[tuple[str, int], int | None]:
        """Who works on what, for half an hour."""
        named = [("membership", one) for one in self.open] + [("submission", one) for one in self.submissions]
        now = timezone.now()
        return {
            (kind, one.pk): one.claimed_by_id
            for kind, one in named
            if one.claimed_at and one.claimed_at >= now - IDLE
        }

    def queues(self, inside: "Inside") -> dict[tuple[str, Any], tuple[str, str]]:
        """Kind and key of every record that stands in a queue, which one it is, and whose turn."""
        errors = [one for one in self.findings if one.code in ERRORS and one.field != "is_petitioner"]
        wrong = {one.record_key for one in errors}
        found: dict[tuple[str, Any], tuple[str, str]] = {}
        for row in self.open:
            if row.house_id in inside.houses and (stands := self._queue(row, wrong)):
                found["membership", row.pk] = stands
        for entry in self.submissions:
            if entry.membership_id is None and entry.house_id in inside.houses:
                if entry.status == "waiting":
                    found["submission", entry.pk] = ("review", "office")
                elif entry.status == "returned":
                    found["submission", entry.pk] = ("returned", self._authors_turn(entry))
        at_home = {row.resident_id for row in self.open}
        for kind, key in wrong:
            homeless = kind == "resident" and key in inside.people and key not in at_home
            if homeless or (kind == "house" and key in inside.houses):
                found[kind, key] = ("finding", "office")
        return found

    def _queue(self, row: Membership, wrong: set[tuple[str, Any]]) -> tuple[str, str] | None:
        mine = [one for one in self.submissions if one.membership_id == row.pk]
        returned = [one for one in mine if one.status == "returned"]
        if any(one.status == "waiting" for one in mine):
            return "review", "office"
        if {("membership", row.pk), ("resident", row.resident_id)} & wrong:
            return "finding", "office"
        if self.status(row) == "completed":
            return "activate", "office"
        if returned:
            return "returned", self._authors_turn(max(returned, key=lambda one: one.decided_at))
        if self.lacks(self.person(row)):
            fellows = {one.resident_id for one in self.open if one.house_id == row.house_id}
            filled = row.managed_by_id in fellows and not self.person(row).self_managed_since
            return "complete", "owner" if filled else "self"
        return None

    def _authors_turn(self, entry: Submission) -> str:
        row = next((one for one in self.rows if one.pk == entry.membership_id), None)
        grown = row is not None and self.person(row).self_managed_since is not None
        if entry.author == "staff":
            return "office"
        return "owner" if entry.author == "owner" and not grown else "self"

    # -- the household

    def sights(self, user: User) -> dict[int, str]:
        """Of every membership in the account's houses, how much of it the account sees."""
        me = self.me(user)
        mine = {row.house_id: row for row in self.at_home(user)}
        found = {}
        for row in self.open:
            if row.house_id in mine:
                camp = self._camp(row)
                together = camp is not None and camp == self._camp(mine[row.house_id])
                found[row.pk] = self._sight(row, me, together)
        return found

    def _sight(self, row: Membership, me: Any, together: bool) -> str:
        managed = row.managed_by_id == me and self.person(row).self_managed_since is None
        if row.resident_id == me or (managed and together):
            return "full"
        return "brief" if together or row.managed_by_id == me else "counted"

    def _camp(self, row: Membership) -> Any:
        """The owner's side, each tenant's family, and while two owners contradict each other their
        people; None for whoever belongs to neither of the two."""
        fellows = [one for one in self.open if one.house_id == row.house_id]
        if any(one.role == TENANT and one.resident_id == row.managed_by_id for one in fellows):
            return row.managed_by_id
        if row.role == TENANT:
            return row.resident_id
        contested = {one.membership_id for one in self.findings if one.code == "second_owner"} & {
            one.pk for one in fellows
        }
        if not contested:
            return "owners"
        return row.resident_id if row.role == SELF else row.managed_by_id

    def me(self, user: User) -> Any:
        return user.resident_id if user.is_active and not user.locked_at else None

    def at_home(self, user: User) -> list[Membership]:
        """A house opens to the account that bound it, not to one that the counter activated."""
        me = self.me(user)
        return [row for row in self.open if me and row.resident_id == me and row.bound_at]

    def fillable(self, user: User) -> set[int]:
        me, homes = self.me(user), {row.house_id for row in self.at_home(user)}
        return {
            row.pk
            for row in self.open
            if row.resident_id == me
            or (
                row.house_id in homes
                and row.managed_by_id == me
                and self.person(row).self_managed_since is None
            )
        }

    def answerable(self, user: User) -> set[int]:
        """Who applies for a house that the account owns undisputed, but not as its owner; and who says
        to be a member of it that the account manages."""
        disputed = {one.membership_id for one in self.findings if one.code == "second_owner"}
        contested = {row.house_id for row in self.open if row.pk in disputed}
        owned = {row.house_id for row in self.at_home(user) if row.role == SELF} - contested
        askers = {one.pk: one.resident_id for one in self.users}
        members = {row.pk: row for row in self.rows}
        found = set()
        for one in self.requests:
            if one.kind != "bind" or one.house_id not in owned or one.office_only or one.role == SELF:
                continue
            row = members.get(one.membership_id)
            managed = row is None or (row.managed_by_id == user.resident_id and row.role != SELF)
            if managed and askers[one.account_id] != user.resident_id:
                found.add(one.pk)
        return found


class Inside:
    """The keys of what lies within these communities; None for all of them."""

    def __init__(self, books: Books, communities: set[int] | None) -> None:
        everywhere = communities is None
        self.communities = set(Community.objects.values_list("pk", flat=True)) if everywhere else communities
        self.houses = {pk for pk, one in books.houses.items() if one.community_id in self.communities}
        self.rows = {row.pk for row in books.rows if row.house_id in self.houses}
        lived = {row.resident_id for row in books.rows if row.pk in self.rows}
        self.people = set(books.people) if everywhere else lived
        places = {"community": self.communities, "house": self.houses}
        places |= {"membership": self.rows, "resident": self.people}
        self.findings = {
            one.pk
            for one in Finding.objects.exclude(field="is_petitioner")
            if one.record_key[1] in places[one.record_key[0]]
        }
        self.submissions = {
            one.pk for one in books.submissions if one.status != "draft" and one.house_id in self.houses
        }
        self.requests = {
            one.pk
            for one in books.requests
            if everywhere
            or one.community_id in self.communities
            or (one.community_id is None and one.resident_id in self.people)
        }
        askers = {one.account_id for one in books.requests if one.pk in self.requests}
        self.accounts = {
            one.pk
            for one in books.users
            if not one.is_staff
            and (everywhere or one.resident_id in self.people or (one.pk in askers and not one.resident_id))
        }


# -- invariants ----------------------------------------------------------------------------


def one_open_membership_a_house_and_person(books: Books) -> None:
    doubles = Counter((row.house_id, row.resident_id) for row in books.open)
    assert not [pair for pair, times in doubles.items() if times > 1]


def the_status_is_what_its_facts_say(books: Books) -> None:
    for row in books.rows:
        assert row.status == books.status(row), f"{row} {row.status}, lacks {books.lacks(books.person(row))}"
        if row.ended_at is None and row.activated_by_account:
            assert row.bound_at and row.activated_at
            assert books.person(row).self_managed_since, "activated by account, not self-managed"


def nobody_acts_for_oneself_and_every_binding_has_its_account(books: Books) -> None:
    linked = [one.resident_id for one in books.users if one.resident_id]
    assert len(linked) == len(set(linked)), "two accounts of one person"
    for row in books.open:
        assert row.managed_by_id != row.resident_id, "manages oneself"
        assert not row.bound_at or row.resident_id in linked, "bound, and nobody has the account"


def nothing_is_under_way_on_an_ended_membership(books: Books) -> None:
    ended = {row.pk for row in books.rows if row.ended_at}
    assert not [one for one in books.requests if one.status == "open" and one.membership_id in ended]
    over = ("applied", "dropped")
    assert not [one for one in books.submissions if one.status not in over and one.membership_id in ended]
    assert not Invitation.objects.filter(membership__in=ended, used_at=None, revoked_at=None).exists()


def the_account_of_the_deceased_is_locked(books: Books) -> None:
    dead = {row.resident_id for row in books.rows if row.end_reason == "deceased"}
    assert not [one for one in books.users if one.resident_id in dead and not one.locked_at]


def the_erased_do_not_come_back_with_a_sync(books: Books) -> None:
    erased = set(Tombstone.objects.values_list("key", flat=True))
    for one in books.people.values():
        if one.id_number and Tombstone.key_for(one.id_number) in erased:
            assert one.sources.get("id_number", {}).get("from") != "platform"


def every_record_stands_in_one_queue_at_most(books: Books) -> None:
    user, inside = books.viewer
    scope, found = for_staff(user), []
    claimed = books.claims()
    for queue in Queue:
        for row in rows(scope, queue):
            kind, key = row["kind"], row[f"of_{row['kind']}"]
            found.append(((kind, key), (queue.value, row["turn"])))
            assert row["claimer"] == claimed.get((kind, key)), f"claimer of {kind} {key}"
    told = dict(found)
    assert len(found) == len(told), f"in two queues: {found}"
    assert told == books.queues(inside), f"{user.username}: queues"
    assert counts(scope) == {queue: sum(one[0] == queue for one in told.values()) for queue in Queue}


def staff_see_their_communities_and_nothing_else(books: Books) -> None:
    user, inside = books.viewer
    scope = for_staff(user)
    for name, expected in (
        ("communities", inside.communities), ("houses", inside.houses), ("memberships", inside.rows),
        ("residents", inside.people), ("findings", inside.findings), ("requests", inside.requests),
        ("submissions", inside.submissions), ("accounts", inside.accounts),
    ):  # fmt: skip
        assert set(getattr(scope, name).values_list("pk", flat=True)) == expected, (user.username, name)


def a_household_sees_what_is_its_own(books: Books) -> None:
    for user in books.users:
        if user.is_staff:
            continue
        scope, expected = for_household(user), books.sights(user)
        assert dict(scope.members.values_list("pk", "sight")) == expected, f"{user.username}: sight"
        for row in books.open:
            if expected.get(row.pk) == "full" and row.resident_id != user.resident_id:
                assert not books.person(row).self_managed_since, "reads whoever manages the own data"
        if books.me(user):
            assert set(scope.fillable.values_list("pk", flat=True)) == books.fillable(user)
            assert set(scope.requests.values_list("pk", flat=True)) == books.answerable(user)


def the_history_is_complete(books: Books) -> None:
    """The newest row equals the record, and there are as many rows as versions."""
    for model in (Resident, Membership, House):
        records = {one.pk: one for one in model.objects.all()}
        past = model.history.order_by().values("id").annotate(rows=Count("pk"), last=Max("history_id"))
        told = {one["id"]: one for one in past if one["id"] in records}
        noted = Counter(_notes(model))
        names = {one.attname for one in model.history.model.tracked_fields} - {"updated_at"}
        for newest in model.history.filter(history_id__in=[one["last"] for one in told.values()]):
            record = records[newest.id]
            differ = {name for name in names if getattr(newest, name) != getattr(record, name)}
            assert not differ, f"{record}: the history does not tell {sorted(differ)}"
        versions = {key: told[key]["rows"] - noted[key] if key in told else 0 for key in records}
        assert versions == {key: record.version for key, record in records.items()}, f"{model.__name__}"


def _notes(model: Any) -> Iterator[Any]:
    """An unlinking is noted in the person's history and changes no value of it."""
    if model is Resident:
        notes = model.history.filter(history_change_reason__startswith="解除帐号")
        yield from notes.values_list("id", flat=True)


def the_findings_are_of_today(books: Books) -> None:
    before = _open_findings()
    with undone():
        findings.refresh(residents=set(books.people), houses=set(books.houses))
        after = _open_findings()
    assert before.keys() == after.keys(), {
        "not found by the act": sorted(map(str, after.keys() - before.keys())),
        "still open": sorted(map(str, before.keys() - after.keys())),
    }
    stale = [place for place in before if before[place] != after[place]]
    assert not stale, f"told from older inputs: {stale}"


def _open_findings() -> dict[tuple[Any, ...], str]:
    return {(one.code, one.field, *one.record_key): one.inputs for one in Finding.objects.open()}


INVARIANTS = (
    one_open_membership_a_house_and_person,
    the_status_is_what_its_facts_say,
    nobody_acts_for_oneself_and_every_binding_has_its_account,
    nothing_is_under_way_on_an_ended_membership,
    the_account_of_the_deceased_is_locked,
    the_erased_do_not_come_back_with_a_sync,
    every_record_stands_in_one_queue_at_most,
    staff_see_their_communities_and_nothing_else,
    a_household_sees_what_is_its_own,
    the_history_is_complete,
    the_findings_are_of_today,
)
