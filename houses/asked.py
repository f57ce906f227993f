"""申请 as a household reads them: what waits for its answer, and what it asked for itself."""

from dataclasses import dataclass
from typing import Any

from residents.masking import mask_name

from .choices import Role
from .family import Family
from .models import Request
from .models.request import RequestQuerySet
from .wording import called_at_home, name_at_home

Kind = Request.Kind

# The answer to whoever looks for a home: the same whether there was somebody to ask or not.
SUBMITTED = "已提交，等待业主或物业确认。"

WORDS = {
    Kind.BIND: "申请加入房屋",
    Kind.END: "申请迁出",
    Kind.ERASE: "申请删除资料",
    Kind.DISPUTE: "请物业核实",
}


# -- to answer -----------------------------------------------------------------------------


@dataclass
class Waiting:
    """A request that waits for this account's answer."""

    request: Request

    @property
    def who(self) -> str:
        return mask_name(self.request.account.stated_name) or "（姓名未填）"

    @property
    def wish(self) -> str:
        """What it is about, in a sentence."""
        if (member := self.request.membership) is not None:
            return f"说自己是{called_at_home(member)}，申请绑定本人帐号。"
        role = f"以“{Role(self.request.role).label}”的身份" if self.request.role is not None else ""
        return f"申请{role}加入您的房屋。"

    @property
    def brings(self) -> str:
        """What a yes does, in a sentence."""
        if (member := self.request.membership) is not None:
            name = name_at_home(member)
            return f"同意后，此人的帐号与{name}绑定；资料齐全后由{name}本人管理，您不能再查看和修改。"
        if self.request.role == Role.TENANT:
            return f"同意后，{self.who} 成为这套房屋的租客，看不到您和家人的资料；租客的资料您也看不到。"
        return f"同意后，{self.who} 加入您家，能看到家人的称呼、关系和状态；此人的资料由本人填写。"


def waiting(family: Family) -> RequestQuerySet:
    """The oldest first, with all that is told of each."""
    rows = family.requests.select_related("account", "house__community", "membership__resident")
    return rows.order_by("asked_at", "pk")


# -- asked ---------------------------------------------------------------------------------


@dataclass
class Asked:
    """Something that this account asked for. `member` is named only while the account sees them."""

    request: Request
    member: str = ""
    told_text: bool = True

    @property
    def word(self) -> str:
        return WORDS[Kind(self.request.kind)]

    @property
    def about(self) -> str:
        house = f"{self.request.house.community} {self.request.house.address}" if self.request.house else ""
        return " ".join(part for part in (house, self.member) if part)

    @property
    def text(self) -> str:
        return self.request.text if self.told_text else ""

    @property
    def answered(self) -> str:
        """业主答复, 物业答复; "" where it was closed by what happened."""
        by = self.request.answered_by
        return "" if by is None else "物业答复" if by.is_staff else "业主答复"


def asked(family: Family, **key: Any) -> list[Asked]:
    """The newest first; with `key` that one alone, or none."""
    known = family.asked.filter(**key)
    rows = known.select_related("house__community", "answered_by").order_by("-asked_at", "-pk")
    concerned = [row.membership_id for row in rows if row.membership_id]
    seen = family.scope.shown.filter(pk__in=concerned).select_related("resident") if concerned else []
    names = {row.pk: called_at_home(row) for row in seen}
    return [Asked(row, names.get(row.membership_id, ""), row.tells_its_text_to(family.user)) for row in rows]


def open_one(family: Family, kind: str, house: int | None = None) -> Request | None:
    """What this account asked for, of a house or of itself, and is not answered; one at a time."""
    return family.asked.open().filter(kind=kind, house=house).first()
