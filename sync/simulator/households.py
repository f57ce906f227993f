"""Households of the made-up communities: who lives where, as a function of the household's index alone.

No ID number comes twice, without anybody keeping count: households that share
a sequence differ in the area code, people of one household in the day of birth.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random

from sync.simulator import id_numbers, names

HOUSEHOLDS = 600  # of each community
MOST = 1_000_000  # households, before phones or areas run out
KEPT = 1024  # households, so that a whole community stays at hand and fifty thousand do not pile up
PHONES_EACH = 4  # at most; a household's numbers come from a block of its own
YEAR = 2026  # ages are counted from a fixed year: the same person at every start

AREAS = (
    ("130302", "130303", "130304", "130306", "130321", "130322", "130324"),
    ("130203", "130204", "130802", "210211", "220102", "230103", "110105"),
)
PROVINCES = (*range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66))  # none of those above
SEQUENCES = 499
OPERATORS = ("139", "138", "135", "150", "151", "186", "177", "189", "159", "133")
SUFFIXES = 10**8
SCATTER, SHIFT = 61803399, 27182818  # SCATTER is odd and no multiple of five: one to one below 10^8
GATHER = pow(SCATTER, -1, SUFFIXES)

BUILDINGS, UNITS, FLOORS, ROOMS = 12, 2, 11, 3
PLACES = BUILDINGS * UNITS * FLOORS * ROOMS
STRIDE = 331  # no common factor with PLACES: every household a room, some rooms empty

OWNER, TENANT, HUSBAND, WIFE, FATHER, MOTHER, SON, DAUGHTER, OTHER = 1, 2, 3, 4, 5, 6, 11, 12, 13
MALE, FEMALE = 1, 2

CHANGE_EVERY = 10
DEFECT_EVERY = 33
DEFECTS = ("checksum", "political", "old-15", "sex", "birth")


@dataclass(frozen=True)
class Person:
    """Somebody as the platform keeps them; `role` is the one in the owner's answer."""

    name: str
    sex: int
    birth: datetime.date
    id_number: str
    role: int
    phone: str | None = None
    numbered: bool = True  # whether the rows of members carry the number
    stated_sex: int | None = None  # where the platform's own entry contradicts the number
    political: int = 1


@dataclass(frozen=True)
class Household:
    """The people of one room; the owner comes first."""

    index: int
    people: tuple[Person, ...]
    place: int
    second_place: int | None = None
    let: bool = False
    each_the_owner: bool = False  # the spouse's answer calls the spouse the owner
    lists_subject: bool = True

    @property
    def community(self) -> str:
        """The platform's number of it; 1 is that of the document's sample."""
        return str(2 + self.index // HOUSEHOLDS)

    @property
    def owner(self) -> Person:
        return self.people[0]


@dataclass
class Builder:
    """Draws the people of one household from its own random numbers."""

    index: int
    random: Random
    people: list[Person] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    phones: int = 0

    def add(self, surname: str, sex: int, age: int, role: int, *, phone: bool = False) -> Person:
        birth = self._birth(age)
        person = Person(
            name=surname + names.given(self.random, sex, self.taken),
            sex=sex,
            birth=birth,
            id_number=self._number(birth, sex),
            role=role,
            phone=self._phone() if phone else None,
            numbered=age > 12 or self.random.random() < 0.6,
            political=2 if age > 20 and self.random.random() < 0.12 else 1,
        )
        self.people.append(person)
        return person

    def _birth(self, age: int) -> datetime.date:
        day = 1 + 3 * len(self.people) + self.random.randrange(3)
        return datetime.date(YEAR - age, self.random.randint(1, 12), day)

    def _number(self, birth: datetime.date, sex: int) -> str:
        sequence = 2 * (self.index % SEQUENCES) + (1 if sex == MALE else 2)
        return id_numbers.make(self.random.choice(areas(self.index)), birth, sequence)

    def _phone(self) -> str:
        self.phones += 1
        return phone_of(self.index, self.phones - 1)


def areas(index: int) -> Sequence[str]:
    """Seven areas that no household with another block of sequences draws from."""
    block = index // SEQUENCES
    if block < len(AREAS):
        return AREAS[block]
    district, province = divmod(block - len(AREAS), len(PROVINCES))
    return [f"{PROVINCES[province]}{city:02d}{district + 2:02d}" for city in range(1, 8)]


def phone_of(index: int, place: int = 0) -> str:
    """A phone of the household; the first one is the owner's."""
    number = PHONES_EACH * index + place
    return f"{OPERATORS[number % len(OPERATORS)]}{(number * SCATTER + SHIFT) % SUFFIXES:08d}"


def index_of(phone: str) -> int | None:
    """The household whose phone this would be; None for what is no phone of eleven digits."""
    if len(phone) != 11 or not (phone.isascii() and phone.isdecimal()):
        return None
    return (int(phone[3:]) - SHIFT) * GATHER % SUFFIXES // PHONES_EACH


def partner_role(sex: int) -> int:
    return HUSBAND if sex == MALE else WIFE


def child_role(sex: int) -> int:
    return SON if sex == MALE else DAUGHTER


def add_family(build: Builder, owner: Person, surname: str, age: int, *, old: bool) -> None:
    """A spouse, up to three children with the father's name, and with `old` the owner's parents."""
    draw = build.random
    sex = FEMALE if owner.sex == MALE else MALE
    other_name = names.surname(draw)
    build.add(other_name, sex, age + draw.randint(-4, 3), partner_role(sex), phone=draw.random() < 0.6)
    father_name = surname if owner.sex == MALE else other_name
    for place in range(draw.choices((0, 1, 2, 3), (2, 5, 3, 1))[0]):
        child = draw.choice((MALE, FEMALE))
        build.add(father_name, child, max(1, age - 26 - 3 * place), child_role(child))
    if old:
        build.add(surname, MALE, age + 27, FATHER)
        if draw.random() < 0.8:
            build.add(names.surname(draw), FEMALE, age + 25, MOTHER)


def add_tenants(build: Builder) -> None:
    """All of them have role 2, the tenant's family included."""
    draw = build.random
    sex, age = draw.choice((MALE, FEMALE)), draw.randint(22, 45)
    build.add(names.surname(draw), sex, age, TENANT, phone=True)
    if draw.random() < 0.5:
        build.add(names.surname(draw), MALE + FEMALE - sex, age - 1, TENANT)


def with_defect(index: int, owner: Person) -> Person:
    """One household in 33 shows the office what a finding looks like."""
    if index % DEFECT_EVERY != DEFECT_EVERY // 2:
        return owner
    number = owner.id_number
    match DEFECTS[index // DEFECT_EVERY % len(DEFECTS)]:
        case "checksum":
            return replace(owner, id_number=id_numbers.with_bad_check(number))
        case "political":
            return replace(owner, political=3)
        case "old-15":
            return replace(owner, id_number=id_numbers.old_form(number))
        case "sex":
            return replace(owner, stated_sex=MALE + FEMALE - owner.sex)
        case _:
            return replace(owner, birth=owner.birth.replace(year=owner.birth.year - 1))


def second_place(number: int) -> int | None:
    """One household of its community in twenty has a second room, one that is nobody's home."""
    return (HOUSEHOLDS + number // 20) * STRIDE % PLACES if number % 20 == 3 else None


@lru_cache(KEPT)
def household(index: int) -> Household:
    """The household of an index from 0 on. A text seeds `Random` alike in every process."""
    draw = Random(f"household {index}")
    build = Builder(index, draw)
    kind = draw.choices(("family", "single", "three generations", "let"), (55, 15, 15, 15))[0]
    surname, sex = names.surname(draw), draw.choice((MALE, MALE, FEMALE))
    age = draw.randint(32, 55) if kind == "three generations" else draw.randint(28, 80)
    owner = build.add(surname, sex, age, OWNER, phone=True)
    if kind in ("family", "three generations"):
        add_family(build, owner, surname, age, old=kind == "three generations")
    elif kind == "let":
        add_tenants(build)
    build.people[0] = with_defect(index, owner)
    return Household(
        index=index,
        people=tuple(build.people),
        place=index % HOUSEHOLDS * STRIDE % PLACES,
        second_place=second_place(index % HOUSEHOLDS),
        let=kind == "let",
        each_the_owner=draw.random() < 0.12,
        lists_subject=draw.random() < 0.9,
    )


def has_changed(index: int, round: int) -> bool:
    """Each round another household in ten has changed, once, until all have."""
    return index % CHANGE_EVERY < round


def newcomer(home: Household) -> Person:
    """Who has moved in since; a day of birth after everybody else's keeps the number apart."""
    draw = Random(f"newcomer {home.index}")
    build = Builder(home.index, draw, people=list(home.people))
    role = TENANT if home.let else OTHER
    return build.add(names.surname(draw), draw.choice((MALE, FEMALE)), draw.randint(20, 60), role)
