"""居民: one person with sources, memberships, findings, history, and who looked."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.functional import cached_property

from residents.completeness import missing
from residents.exceptions import Refused, told
from residents.history import elsewhere, signature
from residents.models import AccessLog, Photo, Resident
from residents.upstream import blank
from residents.wording import NOTHING

from ..models import Membership
from ..office import REVEAL, REVEALED
from ..wording import FIELDS, Reader, label_of, moment, source_of
from .house import with_rows
from .pages import StaffPage
from .told import happened

# One tap each; 其他 is typed.
REVEAL_REASONS = ("电话联系", "核对证件", "民警查询")

LOOKS_SHOWN = 20


def record_rows(person: Resident, *, petitions: bool) -> list[dict[str, Any]]:
    """Each field with its value in words and masked, and where it came from and when."""
    names = [name for name in FIELDS if name in Resident.SYNCED or name == "id_type"]
    return [_row(person, name) for name in (*names, *([Resident.PETITION] if petitions else []))]


def _row(person: Resident, name: str) -> dict[str, Any]:
    value = getattr(person, name)
    return {
        "name": name,
        "label": label_of(name),
        "value": Reader().say(name, value),
        "source": "" if blank(value) else source_of(person, name),
        "revealable": name in REVEALED and not blank(value),
    }


def photo_row(photo: Photo | None) -> dict[str, Any]:
    """That there is one, and whose; the picture itself is revealed."""
    return {
        "name": "photo",
        "label": Photo._meta.verbose_name,
        "value": "已登记" if photo else NOTHING,
        "source": f"{photo.get_source_display()} {moment(photo.updated_at)}" if photo else "",
        "revealable": photo is not None,
    }


class ResidentPage(StaffPage):
    template_name = "staff/resident.html"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        contact_seen = Exists(self.scope.residents.filter(pk=OuterRef("contact_id")))
        people = self.scope.residents.select_related("contact", "account")
        person: Any = self.find(people.annotate(contact_seen=contact_seen), pk=pk)
        keys = person.all_keys()
        rows = list(
            self.scope.memberships.filter(resident=person)
            .select_related("house__community")
            .order_by("ended_at", "pk")
        )
        photo = Photo.of(person)
        findings = self.scope.findings.open().filter(Q(resident=person) | Q(membership__in=rows))
        return self.page(
            title=person.shown_name,
            person=person,
            fields=[*record_rows(person, petitions=self.scope.petitions), photo_row(photo)],
            photo=photo,
            claimed=any(row.claimed_by_me(self.office.user) for row in rows),
            lacks=missing(person),
            contact=self._contact(person),
            members=rows,
            findings=with_rows(findings, rows),
            account=getattr(person, "account", None),
            looks=self._looks(keys),
            entries=self._entries(keys, rows),
            reasons=REVEAL_REASONS,
            may_reveal=request.user.has_perm(REVEAL),
        )

    def _contact(self, person: Any) -> str:
        """The guardian's name, for who sees the guardian."""
        if person.contact_id is None:
            return NOTHING
        return person.contact.name if person.contact_seen and person.contact.name else "已登记"

    def _looks(self, keys: list[UUID]) -> list[dict[str, Any]]:
        looks = AccessLog.objects.filter(resident__in=keys).select_related("account").order_by("-at", "-pk")
        return [self._told(look) for look in looks[:LOOKS_SHOWN]]

    def _told(self, look: AccessLog) -> dict[str, Any]:
        """Of another office's look it is told that there was one, and when."""
        away = elsewhere(look.account, self._colleagues)
        return {
            "at": look.at,
            "who": signature(look.account, self._colleagues),
            "kind": look.get_kind_display(),
            "reason": "" if away else look.reason,
        }

    @cached_property
    def _colleagues(self) -> set[int] | None:
        return self.scope.colleagues

    def _entries(self, keys: list[UUID], rows: list[Membership]) -> Any:
        called = {row.pk: row.house.address for row in rows}
        return happened(
            self.scope,
            (Resident, keys, {}),
            (Membership, [row.pk for row in rows], called),
        )


class Reveal(StaffPage):
    """One tap on a reason, one row in the access log, then the full value: by htmx, or a page of its own."""

    permission = REVEAL
    template_name = "staff/revealed.html"
    title = "完整内容"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        person: Resident = self.find(self.scope.residents, pk=pk)
        name = request.POST.get("field", "")
        reason = request.POST.get("other", "").strip() or request.POST.get("reason", "")
        try:
            shown = self.office.reveal(pk, [name], reason)
        except Refused as refused:
            return self._answer(person=person, refusal=told(refused), status=400)
        labels = {field.name: field.verbose_name for field in Resident._meta.concrete_fields}
        photo = shown.pop("photo", None)
        values = [(labels[key], value) for key, value in shown.items()]
        return self._answer(person=person, values=values, photo=photo)

    def _answer(self, *, status: int = 200, **context: Any) -> HttpResponse:
        if self.request.headers.get("HX-Request"):
            self.template_name = "staff/revealed_part.html"
            return self.part(**context)
        return self.page(status, **context)


urls = [
    path("residents/<uuid:pk>/", ResidentPage.as_view(), name="resident"),
    path("residents/<uuid:pk>/reveal/", Reveal.as_view(), name="reveal"),
]
