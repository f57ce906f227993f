"""Who is who: the phone's person and each row of `members`, in the order of domain.md (Sync).

Never by phone alone, never by name alone outside the house. What a rule finds is
somebody whom no other row of this house has taken.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from houses.choices import Role
from houses.models import House, Membership
from houses.neighbourhood import Neighbourhood
from residents import id_numbers
from residents.crypto import digest
from residents.models import Resident
from residents.names import name_key, same_name

from .models import Mention
from .schemas import Answer, Member

_NO_ROLE_OF_ITS_OWN = (None, Role.RELATIVE, Role.OTHER)


def form(number: str | None) -> str:
    return id_numbers.matching_form(number) if number else ""


def row_digest(row: Member) -> str:
    """Recognises a row of the same phone: keyed, so that nothing of it is stored."""
    return digest(json.dumps([name_key(row.name), form(row.number)]), context="row")


def role_of(value: object) -> int | None:
    """A role as a number; a code that the document does not know is no role."""
    return int(value) if isinstance(value, int) else None


@dataclass
class Match:
    """A row and whom it names: `resident` None is somebody new."""

    row: Member = field(repr=False)
    digest: str
    resident: Resident | None = None
    is_subject: bool = False


@dataclass
class Subject:
    """The phone's person while one answer is read."""

    resident: Resident
    roles: dict[int, int | None] = field(default_factory=dict)  # house pk -> own role


# -- the phone's person ------------------------------------------------------------------


def find_subject(
    answer: Answer, last: UUID | None, homes: Iterable[House], around: Neighbourhood
) -> Resident | None:
    """The resident whom this answer is about, None for somebody new."""
    number = number_of(answer)
    before = around.residents.get(last) if last else None
    if before and _still_agrees(before, answer.name, number):
        return before
    holders = oldest_first(around.holders(number))
    for holder in holders:
        if same_name(holder.name, answer.name):
            return holder
    if len(holders) == 1 and not (holders[0].name and answer.name):
        return holders[0]
    return _namesake_at_home(answer, homes, around)


def number_of(answer: Answer) -> str:
    """The phone's person's number, wherever the answer gives it."""
    return form(answer.number) or _number_in_own_row(answer)


def _number_in_own_row(answer: Answer) -> str:
    """The one number that the answer's own rows give its person."""
    own = {form(row.number) for row in own_rows(answer)} - {""}
    return own.pop() if len(own) == 1 else ""


def own_rows(answer: Answer) -> list[Member]:
    """The rows about the phone's person: same name, same clear role in the house."""
    return [
        row
        for home in answer.houses
        for row in home.members or []
        if same_name(row.name, answer.name)
        and role_of(row.role) == role_of(home.role) not in _NO_ROLE_OF_ITS_OWN
    ]


def _still_agrees(resident: Resident, name: str | None, number: str) -> bool:
    names, numbers = known_names(resident), known_numbers(resident)
    return any(same_name(name, known) for known in names) or bool(number and number in numbers)


def _namesake_at_home(answer: Answer, homes: Iterable[House], around: Neighbourhood) -> Resident | None:
    rows = [row for home in homes for row in around.open_members(home.pk)]
    people = [around.resident(row) for row in rows]
    return next(
        (
            person
            for person in people
            if same_name(person.name, answer.name) and not (person.id_number and answer.number)
        ),
        None,
    )


def oldest_first(people: Iterable[Resident]) -> list[Resident]:
    return sorted(people, key=lambda person: (person.created_at, str(person.pk)))


def known_names(resident: Resident, row: Membership | None = None) -> list[str]:
    """The names a person goes by: ours and the platform's."""
    called = [name for name, _ in row.called] if row else []
    return [name for name in (resident.name, resident.said.value("name"), *called) if name]


def known_numbers(resident: Resident, row: Membership | None = None) -> set[str]:
    called = [number for _, number in row.called] if row else []
    numbers = (resident.id_number, resident.said.value("id_number"), *called)
    return {form(number) for number in numbers if number}


# -- the members of one house ------------------------------------------------------------


class Household:
    """Match the rows of one house of one answer.

    A rule runs over all rows before the next one, so that a weaker likeness of one row
    never takes the person whom another row names outright.
    """

    def __init__(
        self,
        house: House,
        rows: list[Member],
        answer: Answer,
        subject: Subject,
        mentions: list[Mention],
        around: Neighbourhood,
    ) -> None:
        self.house, self.answer, self.subject, self.around = house, answer, subject, around
        self.rows = distinct(rows)
        self.mentions = [mention for mention in mentions if mention.membership.house_id == house.pk]
        self.digests = {id(row): row_digest(row) for row in self.rows}
        self.stated = set(self.digests.values())
        self.members = sorted(around.members(house.pk), key=lambda row: not row.is_open)
        self.found: dict[int, Match] = {}
        self.taken: set[UUID] = set()

    def match(self) -> list[Match]:
        self._subjects_row()
        rules: tuple[Callable[[Member], Iterator[Resident]], ...] = (
            self._same_row_of_this_phone,
            self._named_alike_by_this_phone,
            self._said_alike,
            self._corrected,
            self._same_number_and_name,
            self._half_alike,
            self._anywhere,
            self._by_nickname,
        )
        for rule in rules:
            for index, row in enumerate(self.rows):
                if index not in self.found:
                    self._take(index, row, rule)
        return [
            self.found.get(index) or Match(row, self.digests[id(row)])
            for index, row in enumerate(self.rows)
            if index in self.found or not self._is_second_row(row)
        ]

    def _is_second_row(self, row: Member) -> bool:
        """Another row named the person already, and the office has found that both are one:
        an ended membership of the same person here carries this one."""
        return any(
            same_name(name, row.name) and form(number) == form(row.number)
            for member in self.members
            if not member.is_open and member.resident_id in self.taken
            for name, number in member.called
        )

    def _take(self, index: int, row: Member, rule: Callable[[Member], Iterator[Resident]]) -> None:
        person = next((person for person in rule(row) if person.pk not in self.taken), None)
        if person is not None:
            self.taken.add(person.pk)
            self.found[index] = Match(
                row, self.digests[id(row)], person, is_subject=person is self.subject.resident
            )

    def _subjects_row(self) -> None:
        """(a) The subject's name and own role in this house; of several, the one with the own number."""
        own = role_of(self.subject.roles.get(self.house.pk))
        if own in _NO_ROLE_OF_ITS_OWN:
            return
        number = form(self.answer.number)
        alike = [
            index
            for index, row in enumerate(self.rows)
            if same_name(row.name, self.answer.name) and role_of(row.role) == own
        ]
        for index in sorted(alike, key=lambda index: form(self.rows[index].number) != number)[:1]:
            self._take(index, self.rows[index], lambda _: iter([self.subject.resident]))

    # (b) whom the platform's own words point to, whatever staff corrected since

    def _same_row_of_this_phone(self, row: Member) -> Iterator[Resident]:
        return (person for person, role in self._named_before(row) if role == role_of(row.role))

    def _named_alike_by_this_phone(self, row: Member) -> Iterator[Resident]:
        return (person for person, _ in self._named_before(row))

    def _named_before(self, row: Member) -> Iterator[tuple[Resident, int | None]]:
        """Whom this phone named before under the same name and number, and in which role."""
        for mention in self.mentions:
            if mention.row == self.digests[id(row)]:
                yield self.around.resident(mention.membership), mention.role

    def _said_alike(self, row: Member) -> Iterator[Resident]:
        for member in self.members:
            alike = (
                same_name(name, row.name) and form(number) == form(row.number)
                for name, number in member.called
            )
            person = self.around.resident(member)
            if any(alike) and self._may_be(person, row):
                yield person

    def _corrected(self, row: Member) -> Iterator[Resident]:
        """This phone named the person before, that row is gone, and half of this row is the same."""
        for mention in self.mentions:
            person = self.around.resident(mention.membership)
            if not mention.row or mention.row in self.stated or person is self.subject.resident:
                continue
            names = known_names(person, mention.membership)
            like_before = (
                any(same_name(row.name, name) for name in names) and role_of(row.role) == mention.role
            )
            if like_before or form(row.number) in known_numbers(person, mention.membership):
                yield person

    # (c) to (f)

    def _same_number_and_name(self, row: Member) -> Iterator[Resident]:
        for person in map(self.around.resident, self.members):
            if row.number and person.id_form == form(row.number) and same_name(person.name, row.name):
                yield person

    def _half_alike(self, row: Member) -> Iterator[Resident]:
        for person in map(self.around.resident, self.members):
            by_name = same_name(person.name, row.name) and not (person.id_number and row.number)
            by_number = (
                bool(row.number) and person.id_form == form(row.number) and not (person.name and row.name)
            )
            if (by_name or by_number) and self._may_be(person, row):
                yield person

    def _anywhere(self, row: Member) -> Iterator[Resident]:
        for person in oldest_first(self.around.holders(form(row.number))):
            if same_name(person.name, row.name):
                yield person

    def _by_nickname(self, row: Member) -> Iterator[Resident]:
        holders = self.around.holders(form(row.number))
        if len(holders) == 1 and self._may_be_nicknamed(holders[0], row) and not self._contradicted(row):
            yield holders[0]

    def _may_be_nicknamed(self, person: Resident, row: Member) -> bool:
        rows = self.around.memberships(person)
        at_hand = any((one.activated_at and one.is_open) or one.house_id == self.house.pk for one in rows)
        role = role_of(row.role)
        implied = Role(role).sex if role is not None else None
        fits = not implied or person.known_sex in (None, implied)
        return at_hand and fits and self._may_be(person, row)

    def _may_be(self, person: Resident, row: Member) -> bool:
        """In the own answer the subject has one role: a likeness with another role is somebody else."""
        own, role = self.subject.roles.get(self.house.pk), role_of(row.role)
        return (
            person is not self.subject.resident
            or own in _NO_ROLE_OF_ITS_OWN
            or role in (*_NO_ROLE_OF_ITS_OWN, own)
        )

    def _contradicted(self, row: Member) -> bool:
        """Another row of this answer carries the number under another name."""
        rows = (other for home in self.answer.houses for other in home.members or [])
        return any(
            form(other.number) == form(row.number) and name_key(other.name) != name_key(row.name)
            for other in rows
        )


def distinct(rows: Iterable[Member]) -> list[Member]:
    """Rows that say the same are one; of the same number and name, the one with the clearer role stays."""
    kept: dict[tuple[object, ...], Member] = {}
    for row in rows:
        number, role = form(row.number), role_of(row.role)
        key = (name_key(row.name), number) if number else (name_key(row.name), number, role)
        if key not in kept or (
            role_of(kept[key].role) in _NO_ROLE_OF_ITS_OWN and role not in _NO_ROLE_OF_ITS_OWN
        ):
            kept[key] = row
    return list(kept.values())
