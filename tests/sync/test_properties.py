"""Answers that nobody thought of: random defects, a second reading of all good ones, sets of every size."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from houses.models import Finding, House, Membership
from residents.models import Resident
from sync.books import Asked
from sync.engine import answer_digest
from sync.exceptions import SENTENCES
from sync.merge import Outcome, merge
from sync.models import Mention, PlatformRecord
from sync.schemas import read_answer
from sync.simulator import community, sample
from sync.simulator.households import HOUSEHOLDS, household
from sync.simulator.messages import envelope
from sync.simulator.server import Body, Simulator
from tests.cast import LI, WANG_ID, ZHOU, ZHOU_ID, ZHOU_PHONE, dwelling, member, person
from tests.sync.invariants import NEW, STORED, all_rows

Row = tuple[tuple[str, ...], str, str, int | None]

PEOPLE = [*community.PHONES[:40], NEW["people_phone"], sample.PHONE]
PARTS = ("xiaoqu", "louhao", "danyuan", "louceng", "fangjian")

# One of each kind of character that has hurt somebody: ends, controls, halves, lookalikes, syntax.
CHARACTERS = "\x00\x07\n\t\u00a0\u200b\u202e\ufeff\ufffd\ud83d\udc00😀𠮷·１Ａ＊*X\\/\"'<{%;学ѧ0"
VALUES: list[Any] = [
    None, "", " ", "null", "无", "0", 0, 1, -1, 2.0, 1e300, True, False, [], {}, [1], {"1": 2}, "99", 10**17,
    "2026-02-30", "9" * 400, "13900000000",
]  # fmt: skip


# -- defects -----------------------------------------------------------------------------

Place = tuple[Any, Any]  # a container and a key or index of it
Defect = Callable[[Random, dict[str, Any]], None]


def places(node: Any) -> list[Place]:
    """Every value inside, by its container and key."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
    return [found for key in keys for found in [(node, key), *places(node[key])]]


def pick(draw: Random, data: dict[str, Any], kind: type | tuple[type, ...] = object) -> Place | None:
    fitting = [(box, key) for box, key in places(data) if isinstance(box[key], kind)]
    return draw.choice(fitting) if fitting else None


def drop(draw: Random, data: dict[str, Any]) -> None:
    if place := pick(draw, data):
        del place[0][place[1]]


def replace(draw: Random, data: dict[str, Any]) -> None:
    if place := pick(draw, data):
        place[0][place[1]] = draw.choice(VALUES)


def retype(draw: Random, data: dict[str, Any]) -> None:
    if place := pick(draw, data, (str, int)):
        box, key = place
        value = box[key]
        other = int(value) if str(value).isdecimal() and not isinstance(value, int) else str(value)
        box[key] = draw.choice([other, [value], {"0": value}, bool(value), float(len(str(value)))])


def swap(draw: Random, data: dict[str, Any]) -> None:
    one, other = pick(draw, data, (str, int)), pick(draw, data, (str, int))
    if one and other:
        one[0][one[1]], other[0][other[1]] = other[0][other[1]], one[0][one[1]]


def repeat(draw: Random, data: dict[str, Any]) -> None:
    lists = [box[key] for box, key in places(data) if isinstance(box[key], list) and box[key]]
    if lists:
        chosen = draw.choice(lists)
        chosen.insert(draw.randrange(len(chosen) + 1), json.loads(json.dumps(draw.choice(chosen))))


def spoil_text(draw: Random, data: dict[str, Any]) -> None:
    if place := pick(draw, data, str):
        box, key = place
        at = draw.randrange(len(box[key]) + 1)
        box[key] = box[key][:at] + draw.choice(CHARACTERS) + box[key][at:]


def another_phone(draw: Random, data: dict[str, Any]) -> None:
    data["people_phone"] = draw.choice(community.PHONES)


DEFECTS: list[Defect] = [drop, replace, retype, swap, swap, repeat, spoil_text, spoil_text, another_phone]


def spoilt(data: dict[str, Any], draw: Random) -> dict[str, Any]:
    """A copy with one to four defects."""
    data = json.loads(json.dumps(data))
    for _ in range(draw.randint(1, 4)):
        draw.choice(DEFECTS)(draw, data)
    return data


def on_the_wire(data: dict[str, Any], draw: Random) -> bytes:
    """The body, now and then cut at some byte."""
    text = json.dumps(envelope(data), ensure_ascii=draw.random() < 0.5)
    body = text.encode("utf-8", "surrogatepass")
    return body[: draw.randrange(len(body))] if draw.random() < 0.1 else body


# -- a second reading of good answers ----------------------------------------------------


def rows_told(data: dict[str, Any]) -> set[Row]:
    """Who lives where, as a first answer tells it: all members, and the person who was asked about."""
    found = set()
    for home in data["houses"]:
        address = tuple(str(home[part]) for part in PARTS)
        members = {
            (row["people_house_name"], row["people_idcard"] or "", int(row["people_house_role"]))
            for row in home["members"]
        }
        own = (data["people_name"], data["people_idcard"], int(home["people_house_role"]))
        # A row of the subject's own name and role is the subject, whatever its number.
        others = {member for member in members if (member[0], member[2]) != (own[0], own[2])}
        found |= {(address, *member) for member in others | {own}}
    return found


def rows_stored() -> set[Row]:
    rows = Membership.objects.select_related("resident", "house__community")
    return {(address_of(row), row.resident.name, row.resident.id_number, row.role) for row in rows}


def address_of(row: Membership) -> tuple[str, ...]:
    home = row.house
    return (home.community.platform_code, home.building, home.unit, home.floor, home.room)


# -- tests -------------------------------------------------------------------------------


@contextmanager
def undone() -> Iterator[None]:
    """A savepoint that is no atomic block: the client refuses to ask inside one of those."""
    mark = transaction.savepoint()
    cache.clear()
    try:
        yield
    finally:
        transaction.savepoint_rollback(mark)


def read_again(phone: str) -> None:
    PlatformRecord.objects.filter(phone=phone).update(digest="")


@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), phone=st.sampled_from(PEOPLE), settled=st.booleans())
def test_a_spoilt_answer_is_taken_wholly_or_not_at_all_and_the_next_good_one_mends_it(
    platform: Simulator,
    sync: Callable[..., Outcome],
    caplog: pytest.LogCaptureFixture,
    seed: int,
    phone: str,
    settled: bool,
) -> None:
    good, draw = NEW if phone == NEW["people_phone"] else platform.answer(phone), Random(seed)
    assert good is not None
    with undone():
        if settled:
            sync(phone, good)
        before = all_rows()
        outcome = sync(phone, Body(on_the_wire(spoilt(good, draw), draw)))
        if outcome.outcome in STORED:
            wholly_stored(sync, phone)
        else:
            assert outcome.outcome == "not_found" or outcome.cause in SENTENCES
            assert all_rows() == before
        mended(sync(phone, good), good, exactly=outcome.outcome not in STORED, settled=settled)
        assert not [name for name in secrets(good) if name in caplog.text]


def wholly_stored(sync: Callable[..., Outcome], phone: str) -> None:
    """Nothing of the answer is left to be written: read in full once more, it writes nothing."""
    before = all_rows()
    read_again(phone)
    assert sync(phone).outcome == "unchanged"
    assert all_rows() == before


def mended(outcome: Outcome, good: dict[str, Any], *, exactly: bool, settled: bool) -> None:
    assert outcome.outcome in STORED
    if exactly:
        assert rows_stored() == rows_told(good)
    elif settled:
        assert rows_told(good) <= rows_stored()


def secrets(data: dict[str, Any]) -> set[str]:
    rows = [row for home in data["houses"] for row in home["members"]]
    names = {data["people_name"], *(row["people_house_name"] for row in rows)}
    numbers = {data["people_idcard"], data["people_phone"], *(row["people_idcard"] for row in rows)}
    return {value for value in names | numbers if value}


def asked(phone: str) -> Asked:
    data = community.answer(phone)
    return Asked(phone, read_answer(data, phone=phone), answer_digest(data))


def in_sets(phones: list[str], size: int) -> list[Outcome]:
    answers = [asked(phone) for phone in phones]
    sets = [answers[start : start + size] for start in range(0, len(answers), size)]
    return [outcome for one in sets for outcome in merge(one)]


@pytest.mark.parametrize("place", [0, 1], ids=["the-owners", "the-others"])
def test_every_household_is_stored_as_a_second_reading_of_the_wire_has_it(db: None, place: int) -> None:
    phones = [
        with_phone[place]
        for index in range(HOUSEHOLDS)
        if len(with_phone := [person.phone for person in household(index).people if person.phone]) > place
    ]
    assert {outcome.outcome for outcome in in_sets(phones, 100)} == {"created"}
    assert rows_stored() == {row for phone in phones for row in rows_told(community.answer(phone) or {})}


def test_sets_of_every_size_end_in_the_same_rows(db: None) -> None:
    phones = community.PHONES[:150]
    ends = []
    for size in (1, 50):
        with undone():
            outcomes = [outcome.outcome for outcome in in_sets(phones, size)]
            ends.append((outcomes, Portrait().whole()))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("size", [1, 50])
def test_a_second_pass_read_in_full_writes_nothing(db: None, size: int) -> None:
    phones = community.PHONES[:150]
    in_sets(phones, 50)
    before = all_rows()
    PlatformRecord.objects.update(digest="")
    assert {outcome.outcome for outcome in in_sets(phones, size)} == {"unchanged"}
    assert all_rows() == before


# Answers that contradict themselves, as the random ones showed.
TWICE = {
    "one house used in two ways": person(
        "老周", ZHOU_ID, ZHOU_PHONE, dwelling(ZHOU, LI), dwelling(ZHOU, LI, people_house_use=2)
    ),
    "one person of two numbers": person(
        "老周", None, ZHOU_PHONE, dwelling(ZHOU), dwelling(member("老周", WANG_ID, 1), room="102")
    ),
    "one member of two numbers": person(
        "老周",
        ZHOU_ID,
        ZHOU_PHONE,
        dwelling(ZHOU, LI),
        dwelling(ZHOU, member("李梅", WANG_ID, 4), room="102"),
    ),
}


@pytest.mark.parametrize("data", TWICE.values(), ids=TWICE)
def test_an_answer_that_contradicts_itself_is_settled_once(
    sync: Callable[..., Outcome], data: dict[str, Any]
) -> None:
    assert sync(ZHOU_PHONE, data).outcome == "created"
    wholly_stored(sync, ZHOU_PHONE)


class Portrait:
    """All that is kept, without keys and times: people go by name, number and first home."""

    def __init__(self) -> None:
        near = Membership.objects.select_related("resident", "house__community").order_by("pk")
        self.rows = list(near)
        homes = {row.resident_id: address_of(row) for row in reversed(self.rows)}
        self.residents = list(Resident.objects.all())
        self.known_as = {
            person.pk: f"{person.name} {person.id_number} {homes.get(person.pk)}" for person in self.residents
        }

    def whole(self) -> dict[str, list[str]]:
        return {
            "residents": sorted(map(self.resident, self.residents)),
            "houses": sorted({self.house(row.house) for row in self.rows}),
            "memberships": sorted(map(self.membership, self.rows)),
            "mentions": sorted(map(self.mention, Mention.objects.select_related("record"))),
            "findings": sorted(map(self.finding, Finding.objects.all())),
        }

    def resident(self, person: Resident) -> str:
        values = [getattr(person, name) for name in Resident.SYNCED]
        return repr([self.known_as[person.pk], values, self.books(person)])

    def house(self, home: House) -> str:
        values = [getattr(home, name) for name in (*House.PARTS, *House.SYNCED)]
        return repr([values, self.books(home)])

    def membership(self, row: Membership) -> str:
        values = [row.role, row.household_type, row.status, row.absent_since is None]
        manager = self.known_as.get(row.managed_by_id)
        return repr([address_of(row), self.known_as[row.resident_id], values, manager, self.books(row)])

    def mention(self, mention: Mention) -> str:
        row = next(row for row in self.rows if row.pk == mention.membership_id)
        values = [mention.record.phone, mention.role, mention.row, mention.absent_since is None]
        return repr([self.known_as.get(mention.record.subject_id), self.known_as[row.resident_id], values])

    def finding(self, finding: Finding) -> str:
        return repr([finding.code, finding.field, finding.sentence, finding.status, finding.record_key[0]])

    def books(self, record: Any) -> str:
        """What the platform said and where our values came from, with people's names for their keys."""
        text = repr([sorted((field, sorted(said.items())) for field, said in record.upstream.items())])
        for key, name in self.known_as.items():
            text = text.replace(str(key), name)
        return text + repr(sorted((field, entry["from"]) for field, entry in record.sources.items()))
