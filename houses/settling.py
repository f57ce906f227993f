"""Settling a finding by taking the value it suggests: the platform's side of a conflict, a better number."""

from typing import Any

from django.db import transaction

from residents.bulk import revise
from residents.exceptions import Refusal, Refused, require_reason
from residents.models import Resident, User
from residents.upstream import Sources

from . import findings
from .locks import lock, lock_homes
from .models import Finding, House, Membership
from .states import FindingCode


@transaction.atomic
def take_suggestion(finding: Finding, *, by: User) -> None:
    """Write the suggested value; the finding is settled, and everything is checked again. Raises Refused."""
    if not finding.suggestion:
        raise Refused(Refusal.NO_SUGGESTION)
    field, value = finding.suggestion["field"], finding.suggestion["value"]
    _hold(finding, value if field == "id_number" else "")
    _require_as_seen(finding)
    if not finding.resolve("采用建议的值", by=by):
        raise Refused(Refusal.ALREADY_SETTLED)
    kind, pk = finding.record_key
    record = type(getattr(finding, kind))._default_manager.select_for_update().get(pk=pk)
    before = record.id_number if isinstance(record, Resident) else ""
    source = Sources.PLATFORM if finding.code == FindingCode.PLATFORM_CONFLICT else Sources.STAFF
    _write(record, field, value, source, by)
    check_again(record, [before], by)


@transaction.atomic
def settle(finding: Finding, reason: str, *, waive: bool, by: User) -> None:
    """A person looked: dealt with, or right as it is. Raises Refused."""
    reason = require_reason(reason)
    _hold(finding)
    if not (finding.waive if waive else finding.resolve)(reason, by=by):
        raise Refused(Refusal.ALREADY_SETTLED)


def _require_as_seen(finding: Finding) -> None:
    """A sync may have brought another value since the finding was read. Raises Refused."""
    now = Finding.objects.filter(pk=finding.pk).first()
    if now is None:
        raise Refused(Refusal.ALREADY_SETTLED)
    if now.inputs != finding.inputs:
        raise Refused(Refusal.STALE)


def _hold(finding: Finding, number: str = "") -> None:
    """The record that the finding is on, as a merge would hold it."""
    if finding.resident is not None:
        lock_homes([finding.resident.pk], numbers=[finding.resident.id_number, number])
    elif finding.membership is not None:
        lock(houses=[finding.membership.house_id], people=[finding.membership.resident_id])
    elif finding.house is not None:
        lock(houses=[finding.house.pk])


def _write(record: Any, field: str, value: Any, source: str, by: User) -> None:
    setattr(record, field, record._meta.get_field(field).to_python(value))
    record.origin.note(field, source)
    changed = [field]
    if isinstance(record, Resident) and field == "id_number":
        changed += Resident.READ_OFF
        record.read_number_anew()
    revise(record, [*changed, "sources"], by=by, why="采用建议的值")


def check_again(record: Resident | House | Membership, numbers: list[str], by: User | None) -> None:
    """Statuses and findings that follow from a changed record."""
    if isinstance(record, Resident):
        Membership.objects.restate([record, *record.contact_of.select_related("contact")], by=by)
        findings.refresh(residents=[record.pk], numbers=numbers)
    else:
        findings.refresh(houses=[record.pk if isinstance(record, House) else record.house_id])
