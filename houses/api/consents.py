"""What I agreed to, and take back; a guardian's consent is given for one child."""

from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.urls import path
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.response import Response

from residents.api import fields
from residents.api.permissions import Account, Household
from residents.api.schema import operation
from residents.exceptions import Refusal, Refused
from residents.models import Consent

from .views import FamilyView

TAG = "同意"
Kind = Consent.Kind
READ_ANEW = "文本已更新，请阅读最新版本后再同意。"


class ConsentAnswer(fields.Answer):
    """一项同意。"""

    kind = fields.Code(Kind, help_text="事项。")
    member = fields.Number(
        allow_null=True,
        help_text="监护人同意：孩子的成员编号；不是监护人同意，或您已看不到这位成员，则为 null。",
        example=12,
    )
    version = fields.Number(help_text="同意的版本。", example=1)
    stands = fields.Flag(source="standing", help_text="是否有效：是现行版本，且没有撤回。", example=True)
    given_at = fields.Moment(help_text="同意时间。", example="2026-11-23T09:31:00+08:00")
    withdrawn_at = fields.Moment(
        allow_null=True, help_text="撤回时间，没有撤回则为 null。", example="2026-11-24T10:02:00+08:00"
    )


class ConsentBody(fields.Body):
    """同意一份文本。"""

    kind = fields.Code(Kind, leaving_out=(Kind.GUARDIAN,), help_text="事项。")
    version = fields.Number(
        required=False,
        min_value=1,
        help_text="用户读到的版本；给出时，必须是现行版本。不给出则为现行版本。",
        example=1,
    )


class ConsentView(FamilyView):
    """Open also to who took back the notice."""

    permission_classes = [Account]
    needs_identity = False

    @property
    def consents(self) -> Any:
        """The account's own, each with whether it stands, and for which member whom the account sees."""
        this = Consent.objects.standing().filter(pk=OuterRef("pk"))
        child = self.scope.shown.filter(resident=OuterRef("child")).order_by("pk").values("pk")[:1]
        rows = Consent.objects.filter(account=self.user).order_by("-given_at", "-pk")
        return rows.annotate(standing=Exists(this), member=Subquery(child))

    def tell_given(self, **key: Any) -> Response:
        """The one that was just given, or stood already."""
        return self.tell(ConsentAnswer, self.consents.filter(**key).first(), 201)


class Consents(ConsentView):
    @operation(
        "listConsents",
        "我的同意",
        tag=TAG,
        answer=ConsentAnswer,
        many=True,
        household=False,
        description="包括已撤回的；新的在前。",
    )
    def get(self, request: Any) -> Response:
        return self.page(ConsentAnswer, self.consents)

    @operation(
        "giveConsent",
        "同意告知，或单独同意处理敏感信息",
        tag=TAG,
        body=ConsentBody,
        answer=ConsentAnswer,
        status=201,
        household=False,
        description="请先给用户看文本（readNotices）。已经同意过的，答复原有的那一项。",
    )
    def post(self, request: Any) -> Response:
        sent = self.read(ConsentBody)
        kind = Kind(sent["kind"])
        if sent.get("version", Consent.VERSIONS[kind]) != Consent.VERSIONS[kind]:
            raise Refused(Refusal.INVALID, {"version": READ_ANEW})
        self.family.consent(kind)
        return self.tell_given(kind=kind, version=Consent.VERSIONS[kind])


class WithdrawConsent(ConsentView):
    @operation(
        "withdrawConsent",
        "撤回同意",
        tag=TAG,
        status=204,
        household=False,
        refusals=[Refusal.NOT_FOUND],
        description="撤回后会怎样，见 readNotices 的 withdrawal。已登记的内容不会因此删除。",
        parameters=[
            OpenApiParameter(
                "kind",
                str,
                OpenApiParameter.PATH,
                description="事项：notice 隐私告知，sensitive 敏感信息。",
                enum=[Kind.NOTICE.value, Kind.SENSITIVE.value],
                examples=[OpenApiExample("kind", value=Kind.SENSITIVE.value)],
            )
        ],
    )
    def delete(self, request: Any, kind: str) -> Response:
        if kind not in Kind.values or not self.family.withdraw_consent(kind):
            raise Refused(Refusal.NOT_FOUND)
        return Response(status=204)


class GuardianConsent(ConsentView):
    def get_permissions(self) -> Any:
        """Taking back is open to everybody, giving is an act of the household."""
        if self.request.method == "DELETE":
            return super().get_permissions()
        return [Household()]

    @operation(
        "giveGuardianConsent",
        "监护人同意",
        tag=TAG,
        answer=ConsentAnswer,
        status=201,
        refusals=[Refusal.NOT_FOUND, Refusal.NOT_ALLOWED, Refusal.SELF_MANAGED, Refusal.GUARDIAN_CONSENT],
        description="为一位未满 14 周岁、由您代填的成员。已经同意过的，答复原有的那一项。",
    )
    def post(self, request: Any, pk: int) -> Response:
        self.family.consent_for_child(pk)
        return self.tell_given(kind=Kind.GUARDIAN, child__memberships=pk)

    @operation(
        "withdrawGuardianConsent",
        "撤回监护人同意",
        tag=TAG,
        status=204,
        household=False,
        refusals=[Refusal.NOT_FOUND],
        description="您自己给出的同意随时可以撤回。",
    )
    def delete(self, request: Any, pk: int) -> Response:
        if not self.family.withdraw_consent_for_child(pk):
            raise Refused(Refusal.NOT_FOUND)
        return Response(status=204)


urls = [
    path("me/consents/", Consents.as_view(), name="consents"),
    path("me/consents/<str:kind>/", WithdrawConsent.as_view(), name="withdraw_consent"),
    path("members/<int:pk>/guardian-consent/", GuardianConsent.as_view(), name="guardian_consent"),
]
