"""同步安防数据: an account reads the answer for its own verified phone.

A phone proves no person (they are recycled), so nothing of an answer is stored or shown
before the account has said who it is and the answer's subject is that person (domain.md,
Accounts and binding).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from houses import identity
from houses.models import Community
from residents import id_numbers
from residents.exceptions import Refusal, Refused
from residents.models import Resident, User
from residents.names import same_name

from .books import Asked
from .client import PlatformClient
from .engine import Fetched, in_a_run, or_failed
from .matching import form, own_rows
from .merge import Outcome
from .models import PlatformRecord, SyncItem, SyncRun
from .schemas import Answer
from .three_way import OWN_ANSWER

PAUSE = 60  # seconds between two questions of one account


def ask_for_own(user: User) -> Outcome:
    """What an account may do: once a minute, whatever came of it. Raises Refused."""
    user.require_identity()
    if not cache.add(f"own-sync-{user.pk}", True, PAUSE):
        raise Refused(Refusal.SYNC_TOO_SOON)
    return sync_own_phone(user)


def sync_own_phone(user: User, *, client: PlatformClient | None = None) -> Outcome:
    """Read, store, link the account, and bind the houses that it owns. Raises Refused.

    A mismatch stores nothing, shows nothing and opens a request for the office.
    """
    user.require_identity()
    return or_failed(user.phone or "", lambda: _sync(user, client))


def _sync(user: User, client: PlatformClient | None) -> Outcome:
    """Raises Refused."""
    phone = user.phone or ""
    outcome = in_a_run(phone, client, user, lambda fetched: _admit(user, fetched), SyncRun.Kind.OWN)
    if outcome.stored and (subject := _subject(phone)) is not None:
        _recognise(user, subject)
    return outcome


@dataclass(frozen=True)
class Last:
    """What came last of asking for the own phone."""

    outcome: Outcome
    finished_at: datetime | None


def last_of_own(user: User) -> Last | None:
    item = _last_item(user)
    if item is None:
        return None
    outcome = Outcome(item.phone, item.outcome, item.cause)
    if outcome.stored and not user.resident_id:  # led to nobody: something stood between
        outcome = Outcome(item.phone, "failed", Refusal.LINK_BLOCKED)
    return Last(outcome, item.run.finished_at)


def _last_item(user: User) -> SyncItem | None:
    """What was asked before the account said who it is now was another holder's of the phone."""
    items = SyncItem.objects.filter(run__started_by=user, run__started_at__gte=user.stated_at)
    answered = items.filter(phone=user.phone or "").exclude(outcome=SyncItem.Outcome.WAITING)
    return answered.select_related("run").order_by("-pk").first()


def _recognise(user: User, subject: Resident) -> None:
    """Raises Refused; where somebody else is in this person's place, the office hears of it."""
    try:
        identity.recognise_owner(user, subject)
    except Refused as refused:
        if refused.code == Refusal.ALREADY_LINKED:
            with suppress(Refused):
                identity.mismatch(user, resident=subject)
        raise


def _admit(user: User, fetched: Fetched) -> None:
    """Raises Refused where the answer is about somebody else than the account says it is."""
    subject = _subject(user.phone or "")
    if isinstance(fetched, Asked):
        agrees = _agrees(user, fetched.answer, subject) and not _somebody_else_before(user, subject)
    else:
        agrees = isinstance(fetched, Outcome) or _is(user, subject)
    if not agrees or (user.resident_id and subject and subject.pk != user.resident_id):
        identity.mismatch(user, community=_community(fetched), resident=subject)


def _agrees(user: User, answer: Answer, subject: Resident | None) -> bool:
    """A number that the answer itself gives for its subject, or the one that staff settled."""
    own = {form(row.number) for row in own_rows(answer)}
    settled = {subject.id_form} if subject and same_name(subject.name, answer.name) else set()
    return user.says_it_is(answer.name or "", {form(answer.number), *own, *settled} - {""})


def _somebody_else_before(user: User, subject: Resident | None) -> bool:
    """The phone spoke of somebody with another good number: a namesake does not become the former holder."""
    if subject is None or not id_numbers.is_valid(subject.id_number):
        return False
    return not _is(user, subject)


def _is(user: User, subject: Resident | None) -> bool:
    """The answer is the same as before: who it was about then."""
    if subject is None:
        return False
    said = subject.said.get("id_number")
    numbers = {subject.id_form, form(said.value) if said and said.rank == OWN_ANSWER else ""}
    numbers |= {form(row.said.value("own_id_number")) for row in subject.memberships.open()}
    names = (subject.name, subject.said.value("name") or "")
    return any(user.says_it_is(name, numbers - {""}) for name in names)


def _subject(phone: str) -> Resident | None:
    record = PlatformRecord.objects.filter(phone=phone).select_related("subject").first()
    return record.subject if record else None


def _community(fetched: Fetched) -> Community | None:
    """Whose office looks at a mismatch: where the answer's first house is, if that is known."""
    if not isinstance(fetched, Asked) or not fetched.answer.houses:
        return None
    return Community.objects.filter(platform_code=fetched.answer.houses[0].platform_code).first()
