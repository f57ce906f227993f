"""Run the checks again and bring the findings in line: opens, updates and closes in sets.

A finding that a person settled is not opened again while what the check looked at
stays the same; one whose record was mended closes by itself.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from residents import checks as person_checks
from residents import id_numbers
from residents.bulk import fresh, insert, overwrite
from residents.checks import Problem
from residents.crypto import digest

from . import checks as family_checks
from .models import Community, Finding, House, Membership
from .neighbourhood import Neighbourhood
from .states import FindingStatus

# Where a problem stands: the kind of record, its pk, the code, the field.
Place = tuple[str, object, str, str]


@dataclass
class Scope:
    """The records whose checks are run again."""

    residents: set[UUID]
    houses: set[int]

    def memberships(self, around: Neighbourhood) -> list[Membership]:
        return [row for house in sorted(self.houses) for row in around.members(house)]

    def communities(self, around: Neighbourhood) -> dict[int, Community]:
        return {around.houses[pk].community_id: around.houses[pk].community for pk in self.houses}


@transaction.atomic
def refresh(
    *, residents: Iterable[UUID] = (), houses: Iterable[int] = (), numbers: Iterable[str] = ()
) -> None:
    """Check these people and houses again, and everybody whom a change of theirs concerns.

    `numbers` are ID numbers that somebody gave up: their other holders are concerned too.
    """
    people = set(residents)
    homes = set(houses) | set(
        Membership.objects.filter(resident__in=people).values_list("house_id", flat=True)
    )
    forms = {id_numbers.matching_form(number) for number in numbers if number}
    around = Neighbourhood.load(houses=homes, residents=people, numbers=forms)
    check(around, scope_of(around, residents=people, houses=homes, numbers=forms))


def scope_of(
    around: Neighbourhood,
    *,
    residents: Iterable[UUID] = (),
    houses: Iterable[int] = (),
    numbers: Iterable[str] = (),
) -> Scope:
    """Whom a change concerns: the houses' members, the people's houses, the holders of the numbers."""
    people = set(residents)
    homes = set(houses) | {row.house_id for pk in people for row in around.memberships(around.residents[pk])}
    people |= {row.resident_id for pk in homes for row in around.members(pk)}
    forms = set(numbers) | {around.residents[pk].id_form for pk in people}
    people |= {holder.pk for form in forms for holder in around.holders(form)}
    return Scope(people & around.core, homes)


def check(around: Neighbourhood, scope: Scope) -> None:
    """Run every check over the scope and write the differences."""
    problems = dict(_problems(around, scope))
    _write_differences(problems, _standing(around, scope))


def _problems(around: Neighbourhood, scope: Scope) -> Iterator[tuple[Place, Problem]]:
    for pk in scope.residents:
        yield from _placed("resident", pk, _of_resident(around, pk))
    for row in scope.memberships(around):
        yield from _placed("membership", row.pk, _of_membership(around, row))
    for house in scope.houses:
        yield from _placed("house", house, _of_house(around, around.houses[house]))
    for community in scope.communities(around).values():
        yield from _placed("community", community.pk, family_checks.unknown_community(community))


def _placed(kind: str, pk: object, problems: Iterable[Problem]) -> Iterator[tuple[Place, Problem]]:
    for problem in problems:
        yield (kind, pk, problem.code, problem.field), problem


def _of_resident(around: Neighbourhood, pk: UUID) -> Iterator[Problem]:
    resident = around.residents[pk]
    for alone in person_checks.CHECKS:
        yield from alone(resident)
    for among_others in family_checks.RESIDENT_CHECKS:
        yield from among_others(resident, around)


def _of_membership(around: Neighbourhood, row: Membership) -> Iterator[Problem]:
    if not row.is_open:
        yield from family_checks.listed_after_end(row, around)
        return
    yield from person_checks.platform_conflict(row)
    yield from person_checks.unknown_code(row)
    for one in family_checks.OPEN_MEMBERSHIP_CHECKS:
        yield from one(row, around)


def _of_house(around: Neighbourhood, house: House) -> Iterator[Problem]:
    yield from person_checks.platform_conflict(house)
    yield from person_checks.unknown_code(house)
    yield from family_checks.occupancy_contradiction(house, around)


# -- writing -----------------------------------------------------------------------------


def _standing(around: Neighbourhood, scope: Scope) -> list[Finding]:
    """What is open, or was settled by a person, on the records of the scope."""
    on_records = (
        Q(resident__in=scope.residents)
        | Q(house__in=scope.houses)
        | Q(membership__house__in=scope.houses)
        | Q(community__in=scope.communities(around))
    )
    return list(Finding.objects.filter(on_records, Q(status=FindingStatus.OPEN) | ~Q(reason="")))


def _place(finding: Finding) -> Place:
    kind, pk = finding.record_key
    return (kind, pk, finding.code, finding.field)


def _write_differences(problems: dict[Place, Problem], standing: list[Finding]) -> None:
    held = {(_place(finding), finding.inputs) for finding in standing if finding.held}
    opened = {_place(finding): finding for finding in standing if finding.status == FindingStatus.OPEN}
    wanted = {place: p for place, p in problems.items() if (place, inputs_digest(p)) not in held}
    gone = [finding for place, finding in opened.items() if place not in wanted]
    changed = [
        state(opened[place], problem)
        for place, problem in wanted.items()
        if place in opened and opened[place].inputs != inputs_digest(problem)
    ]
    new = [state(_blank(place), problem) for place, problem in wanted.items() if place not in opened]
    for finding in gone:
        finding.status, finding.settled_at = FindingStatus.RESOLVED, timezone.now()
    insert(new)
    overwrite(changed, ["inputs", "sentence", "suggestion", "evidence"])
    overwrite(gone, ["status", "settled_at"])


def _blank(place: Place) -> Finding:
    kind, pk, code, field = place
    return fresh(Finding, code=code, field=field, **{f"{kind}_id": pk})


def state(finding: Finding, problem: Problem) -> Finding:
    """Write the problem into the finding; not saved."""
    finding.inputs = inputs_digest(problem)
    finding.sentence = problem.sentence
    finding.suggestion = problem.suggestion
    finding.evidence = problem.evidence
    return finding


def inputs_digest(problem: Problem) -> str:
    return digest(json.dumps(problem.inputs, ensure_ascii=False, default=str), context="finding")
