"""What staff change by hand, outside a submission: the source is noted, the checks run again."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from residents.bulk import record_history, revise
from residents.exceptions import Refusal, Refused
from residents.models import User
from residents.upstream import Sources, blank

from . import findings
from .locks import lock
from .models import Community, Finding, House, Membership
from .states import FindingCode, FindingStatus


@transaction.atomic
def change(
    record: House | Membership,
    values: Mapping[str, Any],
    *,
    by: User | None,
    why: str,
    source: str = Sources.STAFF,
) -> None:
    """Write these values and nothing else, so that what a sync wrote meanwhile stays."""
    if isinstance(record, House):
        lock(houses=[record.pk])
    else:
        lock(houses=[record.house_id], people=[record.resident_id])
    locked = type(record).objects.select_for_update().get(pk=record.pk)
    for field, value in values.items():
        setattr(locked, field, value)
        locked.origin.note(field, source)
    revise(locked, [*values, "sources"], by=by, why=why)
    findings.refresh(houses=[locked.pk if isinstance(locked, House) else locked.house_id])


def cleaned(record: House | Membership, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as their fields take them. Raises Refused with a sentence for each that does not."""
    found, wrong = {}, {}
    for name, value in values.items():
        field: Any = record._meta.get_field(name)
        try:
            found[name] = None if blank(value) else field.clean(value, record)
        except ValidationError as error:
            wrong[name] = error.messages[0]
    if wrong:
        raise Refused(Refusal.INVALID, wrong)
    return found


@transaction.atomic
def add_house(house: House) -> None:
    for field in House.SYNCED:
        if getattr(house, field) is not None:
            house.origin.note(field, Sources.STAFF)
    house.save()
    findings.refresh(houses=[house.pk])


@transaction.atomic
def confirm_community(community: Community, name: str, *, by: Any) -> bool:
    """Name and confirm a community that a sync brought. False when it was confirmed before.

    Closes its finding itself: checking all its houses again would change nothing else.
    """
    name, now = name.strip(), timezone.now()
    if not name:
        raise ValueError("请填写小区名称。")
    unconfirmed = Community.objects.filter(pk=community.pk, confirmed_at=None)
    if not unconfirmed.update(name=name, confirmed_at=now):
        return False
    community.refresh_from_db()
    record_history([community], by=by, why="命名并确认", update=True)
    Finding.objects.open().filter(community=community, code=FindingCode.UNKNOWN_COMMUNITY).update(
        status=FindingStatus.RESOLVED, settled_at=now, settled_by=by
    )
    return True
