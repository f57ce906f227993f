"""Which person an account is: stated by name and number, linked once, unlinked with a reason.

An SMS proves a phone, and phones are recycled: so nothing is shown, linked or activated before
the account has said who it is and that has been checked (domain.md, Accounts and binding).
"""

from contextlib import suppress
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from residents import typed
from residents.exceptions import Refusal, Refused
from residents.models import Attempt, Consent, Resident, User

from .choices import Role
from .locks import lock_homes
from .models import Community, Finding, Invitation, Membership, Request, Submission
from .states import EndReason, FindingCode


def state(user: User, name: str, id_number: str) -> None:
    """The account says who it is, once: afterwards only the office changes it. Raises Refused.

    An ID number is sensitive: it is asked for under the separate consent.
    """
    user.require_phone()
    if not Consent.stands(user, Consent.Kind.SENSITIVE):
        raise Refused(Refusal.CONSENT_MISSING)
    Attempt.spend(user, Attempt.Kind.IDENTITY)
    cleaned = _stated(name, id_number)
    stated = {"stated_name": cleaned["name"], "stated_id_number": cleaned["id_number"]}
    if not User.objects.filter(pk=user.pk, stated_at=None).update(**stated, stated_at=timezone.now()):
        raise Refused(Refusal.IDENTITY_STATED)
    user.refresh_from_db()


def read(user: User, name: str, id_number: str) -> dict[str, str]:
    """What `state` would keep, to be looked at once more; nothing is kept. Raises Refused."""
    user.require_phone()
    if user.stated_at:
        raise Refused(Refusal.IDENTITY_STATED)
    return _stated(name, id_number)


def _stated(name: str, id_number: str) -> dict[str, str]:
    """Both, as they are stored. Raises Refused at the field that is wrong or blank."""
    cleaned = typed.clean({"name": name, "id_number": id_number}, Resident())
    if missing := {field: "请填写。" for field, value in cleaned.items() if not value}:
        raise Refused(Refusal.INVALID, missing)
    return cleaned


def mismatch(user: User, *, community: Community | None = None, resident: Resident | None = None) -> None:
    """What the account says is not what the phone's answer says: staff look at it, nothing is shown.

    Always raises Refused, so it is called outside of any transaction.
    """
    with suppress(Refused):  # it is being looked at already
        Request.ask(
            Request.Kind.DISPUTE,
            user,
            community=community,
            resident=resident,
            office_only=True,
            text="自报的姓名和证件号码与手机号的登记不符。",
        )
    raise Refused(Refusal.IDENTITY_MISMATCH)


@transaction.atomic
def link(user: User, resident: Resident) -> None:
    """Set `user.resident`, one to one. The caller has checked that both are the same person.

    Raises Refused while the person's number is shared or a dispute is open, and where either
    of the two is linked to another.
    """
    user.require_identity()
    if user.resident_id == resident.pk:
        return
    person = Resident.objects.select_for_update().filter(pk=resident.pk).first()
    if person is None:
        raise Refused(Refusal.ALREADY_LINKED)
    user.refresh_from_db()  # linked in another window meanwhile
    if user.resident_id == person.pk:
        return
    require_undisputed(person)
    try:
        with transaction.atomic():
            free = User.objects.filter(User.UNLOCKED, pk=user.pk, resident=None)
            linked = free.update(resident=person)
    except IntegrityError:
        raise Refused(Refusal.ALREADY_LINKED) from None
    user.refresh_from_db()
    if not linked:
        raise Refused(Refusal.ALREADY_LINKED)


def require_undisputed(resident: Resident) -> None:
    """Raises Refused while it is not clear whose number this is, or a dispute waits for the office; and
    where the person has died."""
    shared = Finding.objects.open().filter(resident=resident, code=FindingCode.ID_SHARED)
    disputes = Request.objects.open().filter(resident=resident, kind=Request.Kind.DISPUTE)
    dead = resident.memberships.filter(end_reason=EndReason.DECEASED)
    if shared.exists() or disputes.exists() or dead.exists():
        raise Refused(Refusal.LINK_BLOCKED)


@transaction.atomic
def recognise_owner(user: User, resident: Resident) -> list[Membership]:
    """The phone's own answer is about this account: link it, and bind the houses that it owns.

    Returns the memberships that were bound now. Raises Refused.
    """
    lock_homes([resident.pk])
    link(user, resident)
    own = [row for row in resident.memberships.open() if _own_word_says_owner(row)]
    return [row for row in own if row.bind(by=user, why="业主本人登录绑定")]


def _own_word_says_owner(row: Membership) -> bool:
    said = row.said.get("role")
    return bool(
        said and said.value == Role.SELF and said.by == str(row.resident_id) and row.role == Role.SELF
    )


# -- by the office -----------------------------------------------------------------------


@transaction.atomic
def unlink(user: User, reason: str, *, by: User) -> None:
    """Take the account off the person; what it bound is taken back. Raises Refused."""
    person = user.resident
    if person is not None:
        lock_homes([person.pk])
    nobody: dict[str, Any] = {"resident": None, "stated_name": "", "stated_id_number": "", "stated_at": None}
    nobody["wechat_openid"] = None  # it is the former holder's, whoever has the phone now
    if person is None or not User.objects.filter(pk=user.pk, resident=person).update(**nobody):
        raise Refused(Refusal.NOT_LINKED)
    for row in person.memberships.open():
        row.unbind(by=by, why=f"解除帐号：{reason}")
    person.platform_records.update(digest="")
    _leave_nothing(user, by)
    user.end_sessions()
    user.refresh_from_db()


def _leave_nothing(user: User, by: User) -> None:
    """Whoever holds the phone next finds nothing that this account began or agreed to."""
    user.submissions.exclude(author=Submission.Author.STAFF).drop(by=by, why="帐号已解除")
    user.requests.all().close("帐号已解除", by=by)
    user.requests.update(quiet=True)
    Invitation.objects.filter(invited_by=user).revoke()
    Invitation.objects.filter(used_by=user).update(used_by=None)
    user.consents.filter(withdrawn_at=None).update(withdrawn_at=timezone.now())
    user.consents.update(account=None)


@transaction.atomic
def restate_identity(user: User, name: str, id_number: str) -> None:
    """The office corrects what a not yet linked account said of itself. Raises Refused."""
    cleaned = _stated(name, id_number)
    free = User.objects.filter(pk=user.pk, resident=None)
    if not free.update(
        stated_name=cleaned["name"], stated_id_number=cleaned["id_number"], stated_at=timezone.now()
    ):
        raise Refused(Refusal.ALREADY_LINKED)
    user.refresh_from_db()


@transaction.atomic
def change_phone(user: User, phone: str, *, at_counter: bool = False) -> None:
    """The account gets another phone, which its holder or the counter has verified. Raises Refused.

    At the counter the former phone may be in other hands, and with it a WeChat that signs in here.
    """
    cleaned = typed.clean({"phone": phone}, Resident())
    if not cleaned["phone"]:
        raise Refused(Refusal.INVALID, {"phone": "请输入 11 位手机号。"})
    user.take_phone(cleaned["phone"], forget_wechat=at_counter)


def lock(user: User) -> bool:
    """No login, no act, until it is unlocked. False when it was locked before."""
    locked = bool(User.objects.filter(pk=user.pk, locked_at=None).update(locked_at=timezone.now()))
    user.refresh_from_db()
    return locked


def unlock(user: User) -> bool:
    """False when it was not locked. A deceased person's account stays locked."""
    dead = Membership.objects.filter(resident=user.resident_id, end_reason=EndReason.DECEASED)
    if user.resident_id and dead.exists():
        return False
    unlocked = bool(User.objects.filter(pk=user.pk, locked_at__isnull=False).update(locked_at=None))
    user.refresh_from_db()
    return unlocked
