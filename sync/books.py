"""What the answers of one transaction share: the records around them, and what is to be written."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from houses.models import House, Membership
from houses.neighbourhood import Neighbourhood
from residents.crypto import digest
from residents.models import Resident

from .models import Mention, PlatformRecord
from .schemas import Answer

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"

Stored = Resident | House | Membership


@dataclass(frozen=True)
class Asked:
    """An answer, the phone that was asked, and the digest of the answer."""

    phone: str = field(repr=False)
    answer: Answer = field(repr=False)
    digest: str
    attempts: int = 0

    @cached_property
    def heard(self) -> dict[str, str]:
        """A keyed digest of each value that the answer gives of its person."""
        told = self.answer.known(Resident.SYNCED)
        return {name: digest(str(value), context="heard") for name, value in told.items()}


@dataclass
class Books:
    """What the answers of one transaction share."""

    around: Neighbourhood
    homes: dict[tuple[str, ...], House]  # folded address as it was stated -> house
    records: dict[str, PlatformRecord]  # by phone
    erased: set[str]  # ID numbers of people who asked to be forgotten
    erased_rows: set[tuple[int, str, str]]  # and rows that name them: house, name, number
    now: datetime
    mentions: dict[int, list[Mention]] = field(default_factory=lambda: defaultdict(list))  # by record pk
    mentions_of: dict[int, list[Mention]] = field(
        default_factory=lambda: defaultdict(list)
    )  # by id() of a membership
    touched: dict[int, tuple[Stored, str]] = field(
        default_factory=dict
    )  # by id(): record, created or updated
    changed_mentions: list[Mention] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)  # forms that somebody got or gave up

    def touch(self, record: Stored, what: str) -> None:
        """Remember to write the record; what was created in this set stays so."""
        self.touched.setdefault(id(record), (record, what))

    def pending(self, model: type[Stored], what: str) -> list[Any]:
        return [record for record, how in self.touched.values() if isinstance(record, model) and how == what]

    def add_mention(self, mention: Mention) -> None:
        self.mentions[mention.record_id].append(mention)
        self.mentions_of[id(mention.membership)].append(mention)
