"""居民: one person with sources, memberships, findings, history, and who looked."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path

from residents.completeness import missing
from residents.exceptions import Refused
from residents.models import AccessLog, Resident, User
from residents.wording import NOTHING, in_words

from ..models import Membership
from ..office import REVEAL, REVEALED
from .house import with_rows
from .pages import StaffPage, told
from .told import happened

# One tap each; 其他 is typed.
REVEAL_REASONS = ("电话联系", "核对证件", "民警查询")

SHOWN = (
    "name", "id_type", "id_number", "sex", "birth_date", "ethnicity", "registered_address", "phone",
    "political_status", "is_veteran", "is_low_income", "job_title", "employer",
)  # fmt: skip
LOOKS_SHOWN = 20


def record_rows(person: Resident) -> list[dict[str, Any]]:
    """Each field with its value in words and masked, and where it came from and when."""
    rows = []
    for name in SHOWN:
        field: Any = Resident._meta.get_field(name)
        rows.append(
            {
                "name": name,
                "label": field.verbose_name,
                "value": in_words(field, getattr(person, name)),
                "source": person.origin.label(name),
                "at": person.origin.moment(name),
                "revealable": name in REVEALED and bool(getattr(person, name)),
            }
        )
    return rows


class ResidentPage(StaffPage):
    template_name = "staff/resident.html"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        person: Resident = self.find(self.scope.residents.select_related("contact"), pk=pk)
        rows = list(
            self.scope.memberships.filter(resident=person)
            .select_related("house__community")
            .order_by("ended_at", "pk")
        )
        findings = self.scope.findings.open().filter(Q(resident=person) | Q(membership__in=rows))
        return self.page(
            title=person.name or "（姓名未知）",
            person=person,
            fields=record_rows(person),
            lacks=missing(person),
            contact=self._contact(person),
            members=rows,
            findings=with_rows(findings, rows),
            account=User.objects.filter(resident=person).first(),
            looks=self._looks(person),
            entries=self._entries(person, rows),
            reasons=REVEAL_REASONS,
            may_reveal=request.user.has_perm(REVEAL),
        )

    def _contact(self, person: Resident) -> str:
        """The guardian's name, for who sees the guardian."""
        if person.contact_id is None:
            return NOTHING
        seen = self.scope.residents.filter(pk=person.contact_id).values_list("name", flat=True).first()
        return seen or "已登记"

    def _looks(self, person: Resident) -> list[AccessLog]:
        looks = AccessLog.objects.of(person).select_related("account").order_by("-at", "-pk")
        return list(looks[:LOOKS_SHOWN])

    def _entries(self, person: Resident, rows: list[Membership]) -> Any:
        called = {row.pk: row.house.address for row in rows}
        return happened(
            self.scope,
            (Resident, person.all_keys(), {}),
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
        values = [(labels[key], value) for key, value in shown.items()]
        return self._answer(person=person, values=values)

    def _answer(self, *, status: int = 200, **context: Any) -> HttpResponse:
        if self.request.headers.get("HX-Request"):
            self.template_name = "staff/revealed_part.html"
            return self.part(**context)
        return self.page(status, **context)


urls = [
    path("residents/<uuid:pk>/", ResidentPage.as_view(), name="resident"),
    path("residents/<uuid:pk>/reveal/", Reveal.as_view(), name="reveal"),
]
