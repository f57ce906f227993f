"""All that is kept of an account and its person, in words: for the person, who has a right to a copy.

The numbers are the person's own, in full; of everybody else there is a name at most. The petition
flag is no part of it (workflows.md, Privacy).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from residents import typed
from residents.masking import scrub
from residents.models import AccessLog, Photo, Resident, User
from residents.upstream import blank

from .family import Family
from .models import Invitation, Membership, Submission
from .sight import reader_of
from .wording import FIELDS, Reader, in_order, label_of, labels, moment, name_at_home, role_of, source_of

REASON = "本人下载"
A_CHILD = "一名未成年人"

# Shown in full: what is masked or scrubbed elsewhere.
_TEXTS = {"name", "registered_address", "job_title", "employer", "photo_url"}


@dataclass(frozen=True)
class Part:
    """One table of the copy: its title, what its columns are called, a row each in words."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    @property
    def named(self) -> list[dict[str, str]]:
        """The rows by column, as a program reads them."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def gather(user: User) -> list[Part]:
    """What the account is told of itself; of its person after a row in the access log."""
    family, person = Family(user), user.resident
    if person is None:
        return [_account(user), _consents(family), _requests(family)]
    AccessLog.write_export(user, [person.pk], reason=REASON)
    return [
        _account(user),
        _record(family, person),
        _photo(person),
        _homes(person),
        _consents(family),
        _entries(family, person),
        _requests(family),
        _invitations(user),
        _looks(user, person),
    ]


def _account(user: User) -> Part:
    rows = [
        ("登录手机号", user.phone or ""),
        ("手机号验证时间", moment(user.phone_verified_at)),
        ("自报姓名", user.stated_name),
        ("自报证件号码", user.stated_id_number),
        ("自报时间", moment(user.stated_at)),
        ("微信", "已绑定" if user.wechat_openid else "未绑定"),
        ("注册时间", moment(user.date_joined)),
        ("最近登录", moment(user.last_login)),
    ]
    return Part("帐号", ("项目", "内容"), rows)


def _record(family: Family, person: Resident) -> Part:
    reader = reader_of(family.scope, person, full=True)
    names = [*typed.FIELDS, "photo_url"]
    rows = [(label_of(name), *_stated(person, name, reader)) for name in names]
    rows.append(("本人自行管理自", moment(person.self_managed_since), ""))
    return Part("本人资料", ("项目", "内容", "来源和时间"), rows)


def _stated(person: Resident, name: str, reader: Reader) -> tuple[str, str]:
    value = person.contact_id if name == "contact" else getattr(person, name)
    return ("", "") if blank(value) else (_say(name, value, reader), source_of(person, name))


def _say(name: str, value: Any, reader: Reader) -> str:
    return str(value) if name in _TEXTS else reader.say(name, value)


def _photo(person: Resident) -> Part:
    """That there is one; the picture itself is on its page."""
    photo = Photo.of(person)
    rows = [(photo.get_source_display(), moment(photo.updated_at))] if photo else []
    return Part("照片", ("来源", "更新时间"), rows)


def _homes(person: Resident) -> Part:
    found = person.memberships.select_related("house__community").order_by("pk")
    columns = (
        "小区", "房屋", "与业主的关系", "户类型", "状态", "家庭昵称", "绑定时间", "激活时间", "租期至",
        "迁出时间", "迁出原因",
    )  # fmt: skip
    return Part("房屋", columns, [_home(row) for row in found])


def _home(row: Membership) -> tuple[str, ...]:
    return (
        str(row.house.community),
        row.house.address,
        role_of(row),
        row.get_household_type_display() or "",
        row.get_status_display(),
        row.nickname,
        moment(row.bound_at),
        moment(row.activated_at),
        _day(row.lease_until),
        moment(row.ended_at),
        row.get_end_reason_display() or "",
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _consents(family: Family) -> Part:
    """A child is named while the account sees the child, and as the household calls it."""
    names = {row.resident_id: name_at_home(row) for row in family.scope.shown.select_related("resident")}
    rows = [
        (
            one.get_kind_display(),
            f"第 {one.version} 版",
            names.get(one.child_id, A_CHILD) if one.child_id else "",
            moment(one.given_at),
            moment(one.withdrawn_at),
        )
        for one in family.user.consents.order_by("pk")
    ]
    return Part("同意记录", ("事项", "版本", "未成年人", "同意时间", "撤回时间"), rows)


def _entries(family: Family, person: Resident) -> Part:
    """What this account typed: about itself in full, about others which fields."""
    found = family.submissions.select_related("house", "membership__resident").order_by("pk")
    reader = reader_of(family.scope, person, full=True)
    rows = [_entry(one, person, reader) for one in found]
    return Part("我填写的资料", ("房屋", "关于", "状态", "内容", "提交时间", "处理时间"), rows)


def _entry(entry: Submission, person: Resident, reader: Reader) -> tuple[str, ...]:
    row = entry.membership
    mine = row is not None and row.resident_id == person.pk
    about = name_at_home(row) if row else entry.values.get("name", "")
    told = _in_full(entry, reader) if mine else labels(entry.values, most=len(entry.values))
    return (
        entry.house.address,
        "本人" if mine else about,
        entry.get_status_display(),
        told,
        moment(entry.submitted_at),
        moment(entry.decided_at),
    )


def _in_full(entry: Submission, reader: Reader) -> str:
    names = in_order(entry.values)
    return "；".join(f"{label_of(name)}：{_say(name, entry.values[name], reader)}" for name in names)


def _requests(family: Family) -> Part:
    found = family.asked.select_related("house__community").order_by("pk")
    rows = [
        (
            one.get_kind_display(),
            f"{one.house.community} {one.house.address}" if one.house else "",
            one.get_role_display() or "",
            scrub(one.text) if one.tells_its_text_to(family.user) else "",
            one.get_status_display(),
            scrub(one.answer),
            moment(one.asked_at),
            moment(one.answered_at),
        )
        for one in found
    ]
    columns = ("类别", "房屋", "与业主的关系", "说明", "状态", "答复", "申请时间", "答复时间")
    return Part("我的申请", columns, rows)


def _invitations(user: User) -> Part:
    found = Invitation.objects.filter(used_by=user).select_related("membership__house__community")
    rows = [
        (f"{one.membership.house.community} {one.membership.house.address}", moment(one.used_at))
        for one in found.order_by("pk")
    ]
    return Part("使用过的邀请", ("房屋", "使用时间"), rows)


def _looks(user: User, person: Resident) -> Part:
    """谁看过我: staff are the office, whatever their names."""
    found = AccessLog.objects.filter(resident__in=person.all_keys()).order_by("at", "pk")
    rows = [
        (
            moment(look.at),
            "本人" if look.account_id == user.pk else "物业",
            look.get_kind_display(),
            _fields(look.fields),
            scrub(look.reason),
        )
        for look in found
    ]
    return Part("谁看过我的资料", ("时间", "查看人", "方式", "内容", "事由"), rows)


def _fields(names: Iterable[str]) -> str:
    """The petition flag is not told, not even that somebody looked at it."""
    return "、".join(label_of(name) for name in names if name in (*FIELDS, "photo"))
