"""One phone's answer applied to the records in memory (`sync.books`); nothing is written here."""

from collections import Counter
from collections.abc import Sequence
from operator import ne
from typing import Any
from uuid import UUID

from houses.checks import id_shared
from houses.choices import Role
from houses.models import House, Membership
from residents.bulk import fresh
from residents.models import Resident
from residents.names import same_name
from residents.upstream import Said, Sources

from .books import CREATED, UNCHANGED, UPDATED, Asked, Books, Stored
from .matching import Household, Match, Subject, find_subject, form, number_of, role_of
from .models import Mention
from .schemas import Dwelling, Member, Unknown
from .three_way import ELSEWHERE, OWN_ANSWER, Speaker, unknown, weigh

# Ranks of what is said about a membership and about a house.
OWN_MEMBERSHIP, BY_OWNER, BY_OTHER = 3, 2, 1


class Unit:
    """Apply one answer. `states` tells for every record of the answer what became of it."""

    def __init__(self, books: Books, asked: Asked) -> None:
        self.books, self.around, self.answer = books, books.around, asked.answer
        self.heard = asked.heard
        self.record = books.records[asked.phone]
        self.record.digest = asked.digest
        self.mentions = books.mentions[self.record.pk]
        self.states: dict[int, tuple[Stored, str]] = {}
        self.new_values: Counter[int] = Counter()
        self.conflicts = 0
        self.flags: Counter[str] = Counter()  # of these, those about the petition flag
        self.named: set[int] = set()  # id() of the memberships that this answer names
        self.found: Subject | None = None
        self._own_number = bool(self.answer.number)
        self.cleared: dict[tuple[int, str], Any] = {}  # what an old number had told

    def apply(self) -> None:
        if number_of(self.answer) in self.books.erased:
            return
        homes = self._homes()
        resident = find_subject(self.answer, self.record.subject_id, [home for home, _ in homes], self.around)
        self.found = Subject(resident or self._new_resident())
        self._phone_moved(self.subject.resident)
        if self.record.subject_id != self.subject.resident.pk:
            self.record.heard = {}
        self.record.subject = self.subject.resident
        self._person()
        for house, dwellings in homes:
            self._house(house, dwellings)
        self._absent({house.pk for house, rows in homes if _silent(rows)})
        self._derive()

    @property
    def subject(self) -> Subject:
        """The phone's person, once found: an answer about an erased person has none."""
        assert self.found is not None
        return self.found

    # -- the phone's person ---------------------------------------------------------------

    def _person(self) -> None:
        resident = self.subject.resident
        self._note(resident)
        me = Speaker(by=str(resident.pk), rank=OWN_ANSWER)
        for name, theirs in self.answer.known(Resident.SYNCED).items():
            if not self._repeats(resident, name, theirs, me):
                self._hear(resident, name, theirs, me)

    def _repeats(self, resident: Resident, name: str, theirs: Any, me: Speaker) -> bool:
        """This phone says what it said before, and another phone of the same person was heard since."""
        seen = self.heard[name]
        before, self.record.heard[name] = self.record.heard.get(name), seen
        said = resident.said.get(name)
        other = said is not None and (said.by, said.rank) == (me.by, me.rank) and said.value != theirs
        return other and before == seen

    def _phone_moved(self, now: Resident) -> None:
        """The phone answered for somebody else before: the former holder keeps it, with a notice."""
        phone = self.record.phone
        former = self.around.residents.get(self.record.subject_id) if self.record.subject_id else None
        if former is not None and former is not now:
            self._mark_moved(former, phone, str(now.pk))
        said = now.said.get("phone")
        if said and said.moved and said.value == phone:
            self._mark_moved(now, phone, "")

    def _mark_moved(self, resident: Resident, phone: str, to: str) -> None:
        said = resident.said.get("phone")
        if said and said.value == phone and said.moved != to:
            resident.said.put("phone", said._replace(moved=to))
            self._note(resident, UPDATED)

    # -- one house ------------------------------------------------------------------------

    def _homes(self) -> list[tuple[House, list[Dwelling]]]:
        """The answer's houses; two rows of one address are one house."""
        grouped: dict[int, tuple[House, list[Dwelling]]] = {}
        for dwelling in self.answer.houses:
            house = self.books.homes[address_of(dwelling)]
            grouped.setdefault(house.pk, (house, []))[1].append(dwelling)
        return list(grouped.values())

    def _house(self, house: House, dwellings: list[Dwelling]) -> None:
        told = dwellings[0]
        rows = [row for dwelling in dwellings for row in dwelling.members or [] if self._speaks(house, row)]
        own_role = self._own_role(told, rows)
        self.subject.roles[house.pk] = own_role
        rank = BY_OWNER if own_role == Role.SELF and not self._has_left(house) else BY_OTHER
        speaker = Speaker(by=str(self.subject.resident.pk), rank=rank)
        self._note(house, CREATED if self._is_new(house) else UNCHANGED)
        for name, theirs in _first_told(dwellings).items():
            self._hear(house, name, theirs, speaker)
        if told.floor and not house.floor:
            self._change(house, "floor", told.floor, derived=False)
        self._own_membership(house, told)
        matches = Household(house, rows, self.answer, self.subject, self.mentions, self.around).match()
        for match in matches:
            self._member(house, match, speaker)

    def _has_left(self, house: House) -> bool:
        """The office ended the subject's membership here, of a sold house for example."""
        rows = [row for row in self.around.memberships(self.subject.resident) if row.house_id == house.pk]
        return bool(rows) and not any(row.is_open for row in rows)

    def _is_new(self, house: House) -> bool:
        """Inserted by this transaction, and met for the first time."""
        return house.created_at == self.books.now and id(house) not in self.books.touched

    def _own_role(self, told: Dwelling, rows: list[Member]) -> int | None:
        """The subject's role here: as the house says it, else as the row with the own number does."""
        number = form(self.answer.number)
        own = [
            row
            for row in rows
            if number and form(row.number) == number and same_name(row.name, self.answer.name)
        ]
        return next(
            (role for role in map(role_of, [told.role, *(row.role for row in own)]) if role is not None), None
        )

    def _speaks(self, house: House, row: Member) -> bool:
        """Neither a placeholder nor a person who asked to be forgotten."""
        if row.is_empty or form(row.number) in self.books.erased:
            return False
        return (house.pk, row.name or "", row.number or "") not in self.books.erased_rows

    def _own_membership(self, house: House, told: Dwelling) -> None:
        row = self._membership(house, self.subject.resident)
        self._name(row, "", self.subject.roles[house.pk])
        if row.is_open:
            me = Speaker(by=str(self.subject.resident.pk), rank=OWN_MEMBERSHIP)
            for name, theirs in told.known(Membership.SYNCED).items():
                self._hear(row, name, theirs, me)
            self._manage(row)

    def _member(self, house: House, match: Match, speaker: Speaker) -> None:
        resident = match.resident or self._new_resident()
        row = self._membership(house, resident)
        self._note(resident)
        if not match.is_subject:
            self._name(row, match.digest, role_of(match.row.role))
        if row.is_open:
            self._hear_member(row, resident, match, speaker)
            self._manage(row)

    def _hear_member(self, row: Membership, resident: Resident, match: Match, speaker: Speaker) -> None:
        told, own = match.row, match.is_subject
        name, number = Membership.CALLED_BY_SELF if own else Membership.CALLED
        self._keep(row, name, told.name, speaker)
        self._keep(row, number, told.number, speaker)
        if not own:
            self._hear(row, "role", told.role, speaker)
        elif row.role is None:
            self._hear(row, "role", told.role, speaker._replace(rank=OWN_MEMBERSHIP))
        about = speaker._replace(rank=OWN_ANSWER if own else ELSEWHERE)
        if not resident.name and not resident.said.emptied("name"):
            self._hear(resident, "name", told.name, about)
        if not (own and self._number_told()):
            self._hear(resident, "id_number", told.id_number, about)

    def _number_told(self) -> bool:
        """Whether this answer gave the subject's number: on top, or in a row read before."""
        told, self._own_number = self._own_number, True
        return told

    def _keep(self, row: Membership, name: str, theirs: Any, speaker: Speaker) -> None:
        """What the house's row calls the person: kept as said, no value of ours stands against it."""
        said = row.said.get(name)
        _, kept = weigh(said.value if said else None, said, theirs, speaker)
        if kept is not None and kept != said:
            row.said.put(name, kept)
            self._note(row, UPDATED)

    def _manage(self, row: Membership) -> None:
        """Who may fill for this member (domain.md, Who sees and changes what)."""
        manager = self._manager(row)
        if row.managed_by_id != manager:
            row.managed_by_id = manager
            self._note(row, UPDATED)

    def _manager(self, row: Membership) -> UUID | None:
        """The owner who named them first; a tenant for the own family; nobody for an owner."""
        subject, own_role = self.subject.resident.pk, self.subject.roles[row.house_id]
        if row.role == Role.SELF:
            return None
        if self._has_left(row.house):
            return row.managed_by_id
        by_owner = own_role == Role.SELF and row.managed_by_id is None
        own_family = row.managed_by_id is None or row.role == Role.TENANT  # nobody of the owner's side
        by_tenant = own_role == Role.TENANT and own_family and not self._managed_by_tenant(row)
        return subject if row.resident_id != subject and (by_owner or by_tenant) else row.managed_by_id

    def _managed_by_tenant(self, row: Membership) -> bool:
        fellows = self.around.members(row.house_id)
        return any(other.resident_id == row.managed_by_id and other.role == Role.TENANT for other in fellows)

    # -- rows -----------------------------------------------------------------------------

    def _new_resident(self) -> Resident:
        """Somebody new; the values are heard afterwards, like anybody's."""
        resident = fresh(Resident, created_at=self.books.now, updated_at=self.books.now)
        self.around.add_resident(resident)
        self.around.core.add(resident.pk)
        self._note(resident, CREATED)
        return resident

    def _membership(self, house: House, resident: Resident) -> Membership:
        """The open membership, else the ended one (it stays ended), else a new one."""
        rows = [row for row in self.around.memberships(resident) if row.house_id == house.pk]
        row = next((row for row in rows if row.is_open), rows[-1] if rows else None)
        if row is None:
            told = {"house_id": house.pk, "resident_id": resident.pk}
            row = fresh(Membership, **told, created_at=self.books.now, updated_at=self.books.now)
            self.around.add_membership(row)
            self._note(row, CREATED)
        self._note(row)
        if not row.is_open and row.relisted_since is None:
            row.relisted_since = self.books.now
            self._note(row, UPDATED)
        return row

    def _name(self, row: Membership, digest: str, role: int | None) -> None:
        """Note that this phone names the membership, and that it is not absent."""
        self.named.add(id(row))
        mention = next((m for m in self.mentions if m.membership is row), None)
        if mention is None:
            mention = fresh(Mention, record_id=self.record.pk)
            mention.membership = row
            self.books.add_mention(mention)
        self._mention(mention, row=digest, role=role, own=not digest, absent_since=None)

    def _absent(self, silent: set[int]) -> None:
        """Absence never deletes: a row that left this phone's answer is marked, with its day.

        The subject of the answer is never absent, whatever houses it still names.
        """
        for mention in self.mentions:
            row = mention.membership
            if id(row) not in self.named and row.house_id not in silent and not mention.absent_since:
                own = row.resident is self.subject.resident
                self._mention(mention, own=own, absent_since=self.books.now)

    def _mention(self, mention: Mention, **values: Any) -> None:
        """Write what changed into the sync's own book, and what follows from it into the membership."""
        changed = {name: value for name, value in values.items() if getattr(mention, name) != value}
        for name, value in changed.items():
            setattr(mention, name, value)
        if changed or mention._state.adding:
            self.books.changed_mentions.append(mention)
            self._restate_absence(mention.membership)

    def _restate_absence(self, row: Membership) -> None:
        mentions = self.books.mentions_of[id(row)]
        days = [mention.absent_since for mention in mentions if mention.absent_since and not mention.own]
        absent = min(days, default=None) if row.is_open else row.absent_since
        listed = any(mention.absent_since is None for mention in mentions)
        relisted = row.relisted_since if listed and not row.is_open else None
        if (absent, relisted) != (row.absent_since, row.relisted_since):
            row.absent_since, row.relisted_since = absent, relisted
            self._note(row, UPDATED)

    # -- values ---------------------------------------------------------------------------

    def _hear(self, record: Stored, name: str, theirs: Any, speaker: Speaker) -> None:
        """Let the platform's word on one field meet ours."""
        book = record.said
        said = book.get(name)
        if isinstance(theirs, Unknown):
            kept = unknown(said, theirs.raw, speaker)
        else:
            ours = getattr(record, name)
            derived = (
                isinstance(record, Resident) and name in record.READ_OFF and record.read_off_number(name)
            )
            value, kept = weigh(ours, said, theirs, self._voice(name, said, speaker), derived=derived)
            self._change(record, name, value, derived=derived and kept != said)
        if said and said.absorbed is not None and kept is not None:
            kept = kept._replace(absorbed=said.absorbed)
        if kept is not None and kept != said:
            opened = kept.conflict and not (said and said.conflict)
            self.conflicts += opened
            if name == Resident.PETITION:
                self.flags["conflicts"] += opened
            book.put(name, kept)
            self._note(record, UPDATED)

    def _voice(self, name: str, said: Said | None, speaker: Speaker) -> Speaker:
        """A person's two phones do not take turns: the first keeps its place until it has moved on."""
        first_holds = name == "phone" and said is not None and not said.moved
        return speaker._replace(by="") if first_holds else speaker

    def _change(self, record: Stored, name: str, value: Any, *, derived: bool) -> None:
        before = getattr(record, name)
        if before == value and not derived:
            return
        if isinstance(record, Resident) and name == "id_number":
            self._number_changes(record, value)
        setattr(record, name, value)
        record.origin.note(name, Sources.PLATFORM, self.books.now)
        if isinstance(record, Resident) and name == "id_number":
            self.around.number_changed(record)
        self.new_values[id(record)] += before != value
        if name == Resident.PETITION:
            self.flags["values"] += before != value
        self._note(record, UPDATED)

    def _number_changes(self, resident: Resident, number: str) -> None:
        """What was read off the old number goes with it."""
        self.books.numbers |= {resident.id_form, form(number)} - {""}
        for name in Resident.READ_OFF:
            if resident.read_off_number(name):
                self.cleared[id(resident), name] = getattr(resident, name)
                setattr(resident, name, None)

    def _derive(self) -> None:
        """What a valid number tells is filled in, unless it is not clear whose number it is."""
        for resident in self._people():
            blank = any(getattr(resident, name) is None for name in Resident.READ_OFF)
            if blank and not any(id_shared(resident, self.around)):
                filled = resident.fill_from_number()
                before = [self.cleared.get((id(resident), name)) for name in filled]
                self.new_values[id(resident)] += sum(
                    map(ne, before, (getattr(resident, name) for name in filled))
                )
                if filled:
                    self._note(resident, UPDATED)
            for one in (resident, *self.around.dependants(resident)):
                self._restate(one)

    def _restate(self, resident: Resident) -> None:
        for row in self.around.open_memberships(resident):
            if row.restate(resident):
                self._note(row, UPDATED)

    def _people(self) -> list[Resident]:
        return [record for record, _ in list(self.states.values()) if isinstance(record, Resident)]

    def _note(self, record: Stored, what: str = UNCHANGED) -> None:
        """Keep the strongest word on what became of the record in this answer."""
        before = self.states[id(record)][1] if id(record) in self.states else UNCHANGED
        if before == CREATED:
            return
        self.states[id(record)] = (record, what if what != UNCHANGED else before)
        if what != UNCHANGED:
            self.books.touch(record, what)


def address_of(dwelling: Dwelling) -> tuple[str, ...]:
    return (dwelling.platform_code, dwelling.building, dwelling.unit, dwelling.floor, dwelling.room)


def _first_told(dwellings: Sequence[Dwelling]) -> dict[str, Any]:
    """What the rows of one house say of it: of two words the first."""
    told: dict[str, Any] = {}
    for dwelling in dwellings:
        told = {**dwelling.known(House.SYNCED), **told}
    return told


def _silent(dwellings: Sequence[Dwelling]) -> bool:
    """No row of the house speaks of its members."""
    return all(dwelling.members is None for dwelling in dwellings)
