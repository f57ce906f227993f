"""What a database says, row for row, without what no two runs share: keys, times, ciphertexts."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import Model

from houses.models import Community, House, Membership
from residents.models import Resident
from sync.models import Mention, PlatformRecord, SyncItem, SyncRun

Rows = dict[str, list[str]]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r'"at": "[^"]*"')
# `inputs`: a digest of keys, too.
_OWN = ("history_id", "history_date", "inputs")
_OUTCOME = ("outcome", "cause", "new_members", "new_houses", "fields_updated", "conflicts")


def end_state(run: SyncRun) -> Rows:
    """Every row of residents and houses, history included, and of what the sync knows of phones; and
    what came of each phone of the run. By table, sorted."""
    models = [model for app in ("residents", "houses") for model in apps.get_app_config(app).get_models()]
    names = Names()
    told = {model.__name__: sorted(names.told(row) for row in model._default_manager.iterator())
            for model in [*models, PlatformRecord, Mention]}  # fmt: skip
    told["SyncItem"] = sorted(_outcome(item) for item in run.items.iterator())
    return told


def differences(ours: Rows, theirs: Rows) -> list[str]:
    """The tables that differ, with their numbers of rows."""
    return [f"{name} {len(ours[name])}/{len(theirs[name])}" for name in ours if ours[name] != theirs[name]]


def _outcome(item: SyncItem) -> str:
    return json.dumps([item.phone, *(getattr(item, name) for name in _OUTCOME)])


class Names:
    """By which rows are told apart: whatever points to one names it so."""

    def __init__(self) -> None:
        self._of: dict[type[Model], dict[Any, Any]] = {
            Community: dict(Community.objects.values_list("pk", "platform_code")),
            Resident: {person.pk: f"{person.name} {person.id_number}" for person in Resident.objects.all()},
            PlatformRecord: dict(PlatformRecord.objects.values_list("pk", "phone")),
        }
        self._people = {str(pk): name for pk, name in self._of[Resident].items()}
        homes = House.objects.select_related("community")
        self._of[House] = {home.pk: [home.community.platform_code, home.address] for home in homes}
        self._of[Membership] = {pk: list(named) for pk, named in self._memberships()}

    def _memberships(self) -> Iterator[tuple[int, tuple[Any, Any]]]:
        for pk, house, resident in Membership.objects.values_list("pk", "house_id", "resident_id"):
            yield pk, (self._of[House][house], self._of[Resident][resident])

    def told(self, row: Model) -> str:
        values = {
            field.attname: self._value(row, field)
            for field in row._meta.concrete_fields
            if not self._is_own(field, row)
        }
        text = json.dumps(values, ensure_ascii=False, default=str, sort_keys=True)
        return _TIME.sub('"at": ""', _UUID.sub(lambda found: self._people.get(found[0], found[0]), text))

    def _value(self, row: Model, field: Any) -> Any:
        value = getattr(row, field.attname)
        return self._of.get(field.related_model, {}).get(value, value) if field.is_relation else value

    def _is_own(self, field: Any, row: Model) -> bool:
        """The key, in a history row that of the row it tells of; and whatever says when."""
        is_key = field.primary_key or (field.name == "id" and hasattr(row, "history_id"))
        return is_key or field.name in _OWN or field.name.endswith(("_at", "_since"))
