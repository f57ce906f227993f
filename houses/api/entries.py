"""What the account typed about a member, or about somebody new, until it reaches the record."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import path, reverse
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from residents.api import fields
from residents.api.headers import AN_ENTRY, address, header, made
from residents.api.problems import refused
from residents.api.schema import operation
from residents.exceptions import Refusal, Refused
from residents.models import Resident

from ..choices import Role
from ..filled import Filled, hidden_in, outcome, shown_values, why_it_waits
from ..models import Submission
from ..states import Status
from ..wording import name_at_home
from .requests import Scrubbed
from .values import LONGEST, MissingAnswer, ReasonAnswer, TypedValues, ValuesBody, missing_of, reasons_of
from .views import FamilyView

TAG = "填写资料"

Stage = Submission.Status

# Where what was typed is kept, though it was not handed in.
KEPT = header("Location", "已经保存为草稿、没有提交成功的：草稿的地址。", address(AN_ENTRY), 412, 422)

WHOSE = [Refusal.NOT_FOUND, Refusal.IDENTITY_MISSING]
TYPING = [
    *WHOSE, Refusal.SELF_MANAGED, Refusal.NOT_ALLOWED, Refusal.NOT_EDITABLE, Refusal.ENDED, Refusal.STALE,
    Refusal.CONSENT_MISSING, Refusal.GUARDIAN_CONSENT,
]  # fmt: skip
HANDING_IN = [Refusal.INVALID, Refusal.NOTHING_TYPED]


# -- answers -------------------------------------------------------------------------------


class Told(Filled):
    """An entry as its author is told of it."""

    entry: Submission

    @property
    def who(self) -> str:
        if self.row is not None:
            return name_at_home(self.row)
        return str(self.values.get("name") or "（姓名未填）")

    @property
    def reached(self) -> Resident:
        """The record with this entry, or as it stands where that is in it already."""
        is_in = self.entry.status == Stage.APPLIED and self.record is not None
        return self.record.resident if is_in and self.record else self.person

    @property
    def shown(self) -> dict[str, Any]:
        return shown_values(self.person, self.values)

    @property
    def masked(self) -> list[str]:
        return hidden_in(self.person, self.values)

    @property
    def missing(self) -> list[dict[str, str]]:
        return [] if self.blind else missing_of(self.reached)

    @property
    def member_status(self) -> str | None:
        return self.row.status if self.row is not None else None

    @property
    def sentence(self) -> str:
        """Why it waits, or what came of it."""
        if self.entry.status == Stage.WAITING:
            return why_it_waits(self.entry)
        taken = self.entry.status == Stage.APPLIED and self.record is not None
        return outcome(self.record, self.mine) if taken and self.record else ""

    @property
    def reasons(self) -> list[dict[str, str]]:
        return reasons_of(self.entry.reasons) if self.returned else []

    @property
    def note(self) -> str:
        return self.entry.note if self.returned else ""


class EntryAnswer(fields.Answer):
    """填写的资料。"""

    id = fields.Number(source="entry.pk", help_text="资料编号。", example=7)
    house = fields.Number(source="house.pk", help_text="房屋编号。", example=3)
    member = fields.Number(
        source="entry.membership_id",
        allow_null=True,
        help_text="关于哪位成员；新添加、还没有采用的为 null。",
        example=12,
    )
    name = fields.Text(source="who", help_text="此人在家里的称呼。", example="付文生")
    mine = fields.Flag(help_text="是否本人的资料。", example=False)
    status = fields.Code(
        Stage,
        source="entry.status",
        leaving_out=(Stage.DROPPED,),
        help_text="到了哪一步。草稿和已退回的可以再改、再提交。",
    )
    sentence = fields.Text(
        help_text="给用户看的一句说明：为什么待审核，或采用后怎样。其余为空。",
        example="您改动了已登记的内容，物业核对后才会采用。",
    )
    member_status = fields.Code(
        Status,
        leaving_out=(Status.ENDED,),
        allow_null=True,
        help_text="此人现在的状态；新添加、还没有采用的为 null。",
    )
    values = TypedValues(source="shown", help_text="填写的内容，号码不完整显示。")
    masked = fields.Items(
        child=fields.Text(help_text="字段名。", example="id_number"),
        help_text="哪些字段显示的不是完整内容。修改时不能把带星号的内容送回，不改就不送。",
        example=["id_number", "phone"],
    )
    missing = MissingAnswer(many=True, help_text="采用这份资料后还差的内容；看不到登记资料的为空列表。")
    reasons = ReasonAnswer(many=True, help_text="物业退回的各项和原因，没有退回的为空列表。")
    note = Scrubbed(help_text="物业退回时写的说明，没有则为空。", example="请核对户籍地址")
    needs_guardian = fields.Flag(
        help_text="是否要由监护人同意（guardian）后才能提交：未满 14 周岁。", example=False
    )
    updated_at = fields.Moment(
        source="entry.updated_at", help_text="最近一次保存的时间。", example="2026-11-23T09:31:00+08:00"
    )
    submitted_at = fields.Moment(
        source="entry.submitted_at",
        allow_null=True,
        help_text="提交时间，没有提交过为 null。",
        example="2026-11-23T09:35:00+08:00",
    )


# -- bodies --------------------------------------------------------------------------------


class NestedValues(fields.Body):
    """What is wrong with a value is told by its own name, as the rules tell it: `birth_date`."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError(_lifted(error.detail)) from None


def _lifted(detail: Any) -> Any:
    within = detail.get("values") if isinstance(detail, Mapping) else None
    if not isinstance(within, Mapping):
        return detail
    return {name: told for name, told in detail.items() if name != "values"} | {**within}


class Guardian(fields.Flag):
    """A parent agrees, with this entry."""

    def __init__(self) -> None:
        told = {"help_text": "未满 14 周岁的：我是孩子的父母或监护人，同意登记这些资料。", "example": False}
        super().__init__(default=False, **told)


class EntryBody(NestedValues):
    """修改填写的资料。"""

    values = ValuesBody(help_text="要填或要改的字段；没有写到的保持原样。")
    guardian = Guardian()


class NewMemberBody(ValuesBody):
    """添加成员：姓名、与业主的关系，和已经知道的其他内容。"""

    name = fields.Text(max_length=LONGEST["name"], help_text="姓名。", example="付小妹")
    role = fields.Code(
        Role,
        leaving_out=(Role.SELF,),
        error_messages={"invalid_choice": "请从列表中选择。"},
        help_text="与业主的关系，以这套房屋的业主来看。“本人”由安防平台或物业登记，不能填写。",
        example=12,
    )
    submit = fields.Flag(default=False, help_text="是否立即提交，否则存为草稿。", example=False)
    guardian = Guardian()


# -- views ---------------------------------------------------------------------------------


def address_of(entry: Submission) -> str:
    return reverse("household:entry", args=[entry.pk])


class EntryView(FamilyView):
    """The account's own entries. One that was given up is gone."""

    @property
    def entries(self) -> Any:
        rows = self.family.submissions.exclude(status=Stage.DROPPED)
        return rows.select_related("house__community").order_by("created_at", "pk")

    def told(self, entries: Iterable[Submission]) -> list[Told]:
        """Each with its member as the account sees them, in one query for all."""
        found = list(entries)
        rows = self.scope.shown.select_related("resident__contact", "house__community")
        seen = rows.in_bulk([one.membership_id for one in found if one.membership_id])
        return [Told(self.family, one.house, seen.get(one.membership_id), one) for one in found]

    def show(self, entry: Submission, status: int = 200, **headers: str) -> Response:
        """Read afresh: handing it in may have written it into the record."""
        (told,) = self.told([self.find(self.entries, pk=entry.pk)])
        return self.tell(EntryAnswer, told, status, **headers)

    def hand_in(self, entry: Submission, status: int = 200, **headers: str) -> Response:
        """Where it is refused the draft stays, and it is told where."""
        try:
            done = self.family.submit(entry.pk)
        except Refused as error:
            return refused(error, address_of(entry))
        return self.show(done, status, **headers)


class Entries(EntryView):
    @operation(
        "listEntries",
        "我填写的、尚未了结的资料",
        tag=TAG,
        answer=EntryAnswer,
        many=True,
        refusals=[Refusal.IDENTITY_MISSING],
        description="草稿、待审核和已退回的，先建立的在前。",
    )
    def get(self, request: Any) -> Response:
        return self.page(EntryAnswer, self.told(self.entries.open()))


class EntryPage(EntryView):
    @operation(
        "readEntry",
        "一份填写的资料",
        tag=TAG,
        answer=EntryAnswer,
        refusals=WHOSE,
        description="已采用的也能读到；放弃的没有了。",
    )
    def get(self, request: Any, pk: int) -> Response:
        return self.show(self.find(self.entries, pk=pk))

    @operation(
        "changeEntry",
        "修改草稿或退回的资料",
        tag=TAG,
        body=EntryBody,
        answer=EntryAnswer,
        refusals=TYPING,
        description="只保存，不提交。敏感内容须先同意处理敏感信息。",
    )
    def patch(self, request: Any, pk: int) -> Response:
        said = self.read(EntryBody)
        (told,) = self.told([self.find(self.entries, pk=pk)])
        return self.show(told.keep(said["values"], guardian=said["guardian"]))

    @operation(
        "discardEntry",
        "放弃填写的资料",
        tag=TAG,
        status=204,
        refusals=[*WHOSE, Refusal.NOT_EDITABLE],
        description="只能放弃草稿或退回的；原来的登记不变。",
    )
    def delete(self, request: Any, pk: int) -> Response:
        self.family.discard(pk)
        return Response(status=204)


class SubmitEntry(EntryView):
    @operation(
        "submitEntry",
        "提交资料",
        tag=TAG,
        answer=EntryAnswer,
        refusals=[*TYPING, *HANDING_IN],
        parameters=[KEPT],
        description="只填补空白的立即采用，改动已登记内容的等物业审核。记录在填写后被别人改过的答复 412："
        "请重新读取成员的登记资料，核对后用 PATCH 提交。",
    )
    def post(self, request: Any, pk: int) -> Response:
        return self.hand_in(self.find(self.entries, pk=pk))


class NewMember(EntryView):
    @operation(
        "addMember",
        "添加成员",
        tag=TAG,
        body=NewMemberBody,
        answer=EntryAnswer,
        status=201,
        refusals=[*TYPING, *HANDING_IN],
        parameters=[made("新的资料的地址。", AN_ENTRY), KEPT],
        description="业主添加家人，租客添加自己的家人。提交前是一份资料（entries），可以接着填写。",
    )
    def post(self, request: Any, pk: int) -> Response:
        values = self.read(NewMemberBody)
        submit, guardian = values.pop("submit"), values.pop("guardian")
        entry = self.family.name_member(pk, values, guardian=guardian)
        told = {"Location": address_of(entry)}
        return self.hand_in(entry, 201, **told) if submit else self.show(entry, 201, **told)


urls = [
    path("entries/", Entries.as_view(), name="entries"),
    path("entries/<int:pk>/", EntryPage.as_view(), name="entry"),
    path("entries/<int:pk>/submit/", SubmitEntry.as_view(), name="submit_entry"),
    path("houses/<int:pk>/members/", NewMember.as_view(), name="new_member"),
]
