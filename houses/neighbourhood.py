"""What stands around some houses and people, loaded in a handful of queries.

Checks and the merge look at siblings: the other members of a house, the other
houses of a person, the other holders of an ID number. A neighbourhood holds them
all in memory, whatever the size of the set, and is changed along with its records.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from residents import id_numbers
from residents.models import Resident

from .models import House, Membership

_HOUSE: Any = Membership._meta.get_field("house")
_RESIDENT: Any = Membership._meta.get_field("resident")


class Neighbourhood:
    def __init__(self) -> None:
        self.residents: dict[UUID, Resident] = {}
        self.houses: dict[int, House] = {}
        self.rows: dict[int, Membership] = {}
        self.core: set[UUID] = set()  # people around whom all is loaded: their houses, their fellows
        self._by_house: dict[int, list[Membership]] = defaultdict(list)
        self._by_resident: dict[UUID, list[Membership]] = defaultdict(list)
        self._by_form: dict[str, list[Resident]] = defaultdict(list)
        self._dependants: dict[UUID, list[Resident]] = defaultdict(list)
        self._forms: dict[UUID, str] = {}

    @classmethod
    def load(
        cls,
        *,
        houses: Iterable[int] = (),
        residents: Iterable[UUID] = (),
        numbers: Iterable[str] = (),
        lock: bool = False,
    ) -> "Neighbourhood":
        """Load around these houses (pk), residents (pk) and ID numbers.

        With `lock` the houses and the people concerned are locked in key order, before
        anything of them is read; the caller holds a transaction.
        """
        around, houses, residents = cls(), set(houses), set(residents)
        around._load_houses(houses, lock=lock)
        people = residents | around._ids_near(houses, numbers)
        around._load_residents(people, lock=lock)
        around._load_other_holders()
        around.core |= around.residents.keys()
        around._load_memberships(houses)
        around._link_contacts()
        return around

    def _load_houses(self, ids: set[int], *, lock: bool) -> None:
        found = House.objects.filter(pk__in=ids).select_related("community").order_by("pk")
        if lock:
            found = found.select_for_update(of=("self",))
        self.houses |= {house.pk: house for house in found}

    def _ids_near(self, houses: set[int], numbers: Iterable[str]) -> set[UUID]:
        members = Membership.objects.filter(house__in=houses).values_list("resident", flat=True)
        holders = Resident.objects.filter(id_number__in=[n for n in numbers if n]).values_list(
            "pk", flat=True
        )
        return {*members, *holders}

    def _load_residents(self, ids: set[UUID], *, lock: bool = False) -> None:
        found = (
            Resident.objects.filter(pk__in=ids - self.residents.keys())
            .order_by("pk")
            .prefetch_related("contact")
        )
        if lock:
            found = found.select_for_update()
        for resident in found:
            self.add_resident(resident)

    def _load_other_holders(self) -> None:
        known = list(self.residents)
        for holder in Resident.objects.filter(id_number__in=list(self._by_form)).exclude(pk__in=known):
            self.add_resident(holder)

    def _load_memberships(self, houses: set[int]) -> None:
        elsewhere = Membership.objects.filter(resident__in=self.residents).values("house")
        rows = list(Membership.objects.filter(Q(house__in=houses) | Q(house__in=elsewhere)).order_by("pk"))
        self._load_residents({row.resident_id for row in rows})
        self._load_houses({row.house_id for row in rows} - self.houses.keys(), lock=False)
        for row in rows:
            self.add_membership(row)

    def _link_contacts(self) -> None:
        """One person is one object, also as somebody's contact."""
        for resident in self.residents.values():
            if resident.contact_id in self.residents:
                resident.contact = self.residents[resident.contact_id]
                self._dependants[resident.contact_id].append(resident)

    # -- to keep it true while records change ---------------------------------------------

    def add_resident(self, resident: Resident) -> None:
        self.residents[resident.pk] = resident
        self.number_changed(resident)

    def number_changed(self, resident: Resident) -> None:
        """Have the resident found under the number that it now holds."""
        before, now = self._forms.get(resident.pk, ""), resident.id_form
        if before:
            self._by_form[before].remove(resident)
        if now:
            self._by_form[now].append(resident)
        self._forms[resident.pk] = now

    def add_membership(self, row: Membership) -> None:
        # Its keys are set: only the objects are missing.
        _HOUSE.set_cached_value(row, self.houses[row.house_id])
        _RESIDENT.set_cached_value(row, self.residents[row.resident_id])
        if row.pk is not None:
            self.rows[row.pk] = row
        self._by_house[row.house_id].append(row)
        self._by_resident[row.resident_id].append(row)

    # -- to ask ---------------------------------------------------------------------------

    def resident(self, row: Membership) -> Resident:
        return self.residents[row.resident_id]

    def members(self, house: int) -> list[Membership]:
        return self._by_house.get(house, [])

    def open_members(self, house: int) -> list[Membership]:
        return [row for row in self.members(house) if row.is_open]

    def memberships(self, resident: Resident) -> list[Membership]:
        return self._by_resident.get(resident.pk, [])

    def dependants(self, resident: Resident) -> list[Resident]:
        """The people here who are reached through this one."""
        return self._dependants.get(resident.pk, [])

    def open_memberships(self, resident: Resident) -> list[Membership]:
        return [row for row in self.memberships(resident) if row.is_open]

    def holders(self, form: str) -> list[Resident]:
        """The residents who hold this ID number (in its 18-character form)."""
        return self._by_form.get(form, []) if form else []

    def claimants(self, form: str, resident: Resident) -> list[Resident]:
        """Others in the resident's houses whose row, in the platform's answer, carries this number.

        A number that a person corrected here is no claim any more, whatever the platform still says.
        """
        person = resident.pk
        fellows = (row for own in self.open_memberships(resident) for row in self.open_members(own.house_id))
        others = (row for row in fellows if row.resident_id != person)
        return [self.resident(row) for row in others if self._claims(row, form)]

    def _claims(self, row: Membership, form: str) -> bool:
        if not any(number and id_numbers.matching_form(number) == form for _, number in row.called):
            return False
        resident = self.resident(row)
        return bool(resident.id_number == (resident.said.value("id_number") or ""))
