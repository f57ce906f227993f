"""What staff change by hand, outside a submission: the source is noted, the checks run again."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from residents.bulk import record_history, sign
from residents.models import User
from residents.upstream import Sources

from . import findings
from .models import Community, Finding, House, Membership
from .states import FindingCode, FindingStatus


@transaction.atomic
def change(
    record: House | Membership, values: Mapping[str, Any], *, by: User | None = None, why: str = ""
) -> None:
    """Write these values and nothing else, so that what a sync wrote meanwhile stays."""
    House.objects.select_for_update().get(pk=record.pk if isinstance(record, House) else record.house_id)
    locked = type(record).objects.select_for_update().get(pk=record.pk)
    for field, value in values.items():
        setattr(locked, field, value)
        locked.origin.note(field, Sources.STAFF)
    locked.version += 1
    locked.updated_at = timezone.now()
    if by is not None:
        sign(locked, by, why)
    locked.save(update_fields=[*values, "sources", "version", "updated_at"])
    findings.refresh(houses=[locked.pk if isinstance(locked, House) else locked.house_id])


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
