"""What happened to some records, in words, with names within the scope only."""

from collections.abc import Iterable, Mapping
from typing import Any

from residents.history import Entry, in_entries, paired
from residents.models import Resident

from ..models import Community, House, Membership
from ..visibility import Scope

# So many rows of a record are read for a page: who wants all of it opens the admin's history.
MOST_ROWS, MOST_ENTRIES = 200, 30

_SCOPES: dict[Any, str] = {
    Community: "communities",
    House: "houses",
    Membership: "memberships",
    Resident: "residents",
}


def happened(scope: Scope, *groups: tuple[Any, Iterable[Any], Mapping[Any, str]]) -> list[Entry]:
    """The newest entries of all groups: a model, keys of its records, and what each is called."""
    entries: list[Entry] = []
    colleagues = scope.colleagues
    for model, keys, called in groups:
        rows = model.history.filter(id__in=list(keys)).select_related("history_user")
        pairs = paired(rows.order_by("-history_date", "-history_id")[:MOST_ROWS])[:MOST_ENTRIES]
        entries += in_entries(
            model,
            pairs,
            petitions=scope.petitions,
            names=lambda kind, pks: _names(scope, kind, pks),
            called=called,
            colleagues=colleagues,
        )
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MOST_ENTRIES]


def _names(scope: Scope, model: Any, keys: set[Any]) -> dict[Any, str]:
    if model not in _SCOPES:
        return {}
    found = getattr(scope, _SCOPES[model]).filter(pk__in=keys)
    return {one.pk: one.name if model is Resident else str(one) for one in found}
