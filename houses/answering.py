"""Answering a request: once, with a reason, and with what a yes brings about."""

from django.db import transaction

from residents.exceptions import Refusal, Refused, require_reason
from residents.models import User

from . import binding, erasing, leaving
from .locks import lock_homes
from .models import Request
from .states import EndReason


@transaction.atomic
def answer(request: Request, *, accept: bool, reason: str, by: User) -> None:
    """Raises Refused; then the request stays open."""
    reason = require_reason(reason)
    _lock(request)
    status = Request.Status.ACCEPTED if accept else Request.Status.REFUSED
    if not request.settle(status, reason, by=by):
        raise Refused(Refusal.ALREADY_ANSWERED)
    if accept:
        _bring_about(request, by)


def _lock(request: Request) -> None:
    """Before the request itself is written: everything that a yes may touch."""
    account = request.account
    people = {request.resident_id, account.resident_id, request.membership and request.membership.resident_id}
    houses = [request.house_id] if request.house_id else []
    lock_homes([pk for pk in people if pk], numbers=[account.stated_id_number], houses=houses)


def _bring_about(request: Request, by: User) -> None:
    """Of a dispute the answer is all: what follows from it (unlink, correct, absorb) is an act of its own."""
    if request.kind == Request.Kind.BIND:
        binding.take_in(request, by=by)
    elif request.kind == Request.Kind.END and request.membership is not None:
        leaving.end(request.membership, EndReason.MOVED_OUT, by=by)
    elif request.kind == Request.Kind.ERASE and request.resident is not None:
        erasing.erase(request.resident, by=by)
