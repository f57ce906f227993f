"""Everything that goes wrong, as a problem document (RFC 9457) with the lifecycle's own code.

`code` is stable and for the program; `detail` is one sentence in Chinese for the person, with what
helps; `errors` has the sentences of each field.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.response import Response

from ..advice import advise
from ..exceptions import LIMITS, Refusal, Refused, told
from . import fields

CONTENT_TYPE = "application/problem+json"

# Which status a refusal is answered with; what is not here is 422, and a limit is 429.
STATUS: dict[str, int] = {
    Refusal.NOT_FOUND: 404,
    **dict.fromkeys(
        (
            Refusal.NOT_ALLOWED,
            Refusal.ACCOUNT_LOCKED,
            Refusal.STAFF_PASSWORD,
            Refusal.PHONE_UNVERIFIED,
            Refusal.NOTICE_MISSING,
            Refusal.IDENTITY_MISSING,
            Refusal.SELF_MANAGED,
        ),
        403,
    ),
    **dict.fromkeys(
        (
            Refusal.NOT_EDITABLE,
            Refusal.NOT_WAITING,
            Refusal.ENDED,
            Refusal.NOT_ENDED,
            Refusal.ALREADY_MEMBER,
            Refusal.INCOMPLETE,
            Refusal.ALREADY_ACTIVATED,
            Refusal.NOT_ACTIVATED,
            Refusal.CLAIMED,
            Refusal.PHONE_TAKEN,
            Refusal.IDENTITY_STATED,
            Refusal.LINK_BLOCKED,
            Refusal.ALREADY_LINKED,
            Refusal.ALREADY_BOUND,
            Refusal.ALREADY_ASKED,
            Refusal.ALREADY_ANSWERED,
            Refusal.INVITATION_DEAD,
            Refusal.NOT_INVITABLE,
            Refusal.UNSEEN,
            Refusal.PHOTO_KEPT,
            Refusal.CODE_DEAD,
        ),
        409,
    ),
    Refusal.STALE: 412,
    Refusal.VERSION_MISSING: 428,
    Refusal.PHOTO_TOO_BIG: 413,
    Refusal.SMS_FAILED: 503,
    Refusal.WECHAT_FAILED: 503,
}

_MINUTE, _HOUR = 60, 3600
WAIT = {Refusal.SMS_TOO_SOON: _MINUTE, Refusal.SYNC_TOO_SOON: _MINUTE, Refusal.SMS_TOO_MANY: _HOUR}

# What DRF and Django find wrong before any rule of ours is asked: code and sentence by status.
OURS = {
    400: ("malformed", "请求内容不是有效的 JSON，请检查后再发。"),
    401: ("unauthenticated", "请先登录。"),
    403: ("not_allowed", Refusal.NOT_ALLOWED.label),
    404: ("not_found", Refusal.NOT_FOUND.label),
    405: ("method_not_allowed", "这个地址不支持这种请求方法。"),
    413: ("too_big", "请求内容太大。"),
    415: ("media_type", "请求内容的格式不支持，请按接口说明的 Content-Type 发送。"),
    429: ("throttled", "请求太频繁，请稍后再试。"),
}


def status_of(code: str) -> int:
    return 429 if code in LIMITS else STATUS.get(code, 422)


class Problem(fields.Answer):
    """问题说明（RFC 9457）。"""

    type = fields.Text(help_text="问题类别的标识，固定为 about:blank。", example="about:blank")
    title = fields.Text(help_text="HTTP 状态的名称。", example="Conflict")
    status = fields.Number(help_text="HTTP 状态码。", example=409, min_value=400, max_value=599)
    code = fields.Text(help_text="稳定的错误代码，供程序判断。", example="already_asked")
    detail = fields.Text(
        help_text="给用户看的说明，一两句中文。", example=Refusal.ALREADY_ASKED.label, max_length=500
    )
    errors = fields.Table(  # type: ignore[assignment]
        child=fields.Items(child=fields.Text(help_text="一句说明。", example="请填写年月日。")),
        required=False,
        help_text="各字段的错误，键为字段名。没有字段错误时不出现。",
        example={"birth_date": ["请填写年月日。"]},
    )


def body(status_code: int, code: str, detail: str, errors: Mapping[str, Any] | None = None) -> dict[str, Any]:
    found = {
        "type": "about:blank",
        "title": title_of(status_code),
        "status": status_code,
        "code": code,
        "detail": detail,
    }
    return {**found, "errors": errors} if errors else found


def title_of(status_code: int) -> str:
    names: Any = {value: name for name, value in vars(status).items() if name.startswith("HTTP_")}
    words = names[status_code].split("_")[2:]
    return " ".join(words).capitalize()


def answer(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler; None lets a mistake of ours be a 500."""
    if isinstance(error, Refused):
        return refused(error)
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error)
    known: Any = _known(error)
    if known is None:
        return None
    code, sentence = OURS.get(known.status_code, OURS[400])
    headers = {"WWW-Authenticate": known.auth_header} if getattr(known, "auth_header", None) else {}
    if wait := getattr(known, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return problem(known.status_code, code, sentence, headers=headers)


def _known(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, exceptions.APIException):
        return error
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return _TooBig()
    return None


class _TooBig(exceptions.APIException):
    status_code = 413


def refused(error: Refused, location: str = "") -> Response:
    """A rule said no. `location`: where what was asked for a second time stands already."""
    headers = {"Location": location} if location else {}
    found = status_of(error.code)
    if found in (429, 503):
        headers["Retry-After"] = str(_wait(error.code))
    sentence = told(error) if not error.fields else error.sentence
    errors = {name: [text] for name, text in error.fields.items()}
    return problem(found, error.code, f"{sentence}{advise(error.code)}", errors, headers)


def _wait(code: str) -> int:
    """Seconds; a limit of the day ends with it."""
    if code in WAIT:
        return WAIT[Refusal(code)]
    if code not in LIMITS:
        return _MINUTE
    now = timezone.localtime()
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    return int((tomorrow - now).total_seconds()) + 1


def _invalid(error: exceptions.ValidationError) -> Response:
    errors = dict(_by_field(error.detail))
    sentence = errors.pop("", [Refusal.INVALID.label])[0]
    return problem(422, Refusal.INVALID, sentence, errors)


def _by_field(detail: Any, before: str = "") -> Iterable[tuple[str, list[str]]]:
    """Flat, a nested field by its path."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _by_field(inner, ".".join(part for part in (before, own) if part))
    elif isinstance(detail, list) and any(isinstance(inner, Mapping | list) for inner in detail):
        for place, inner in enumerate(detail):
            yield from _by_field(inner, f"{before}.{place}" if before else str(place))
    else:
        yield before, [str(text) for text in (detail if isinstance(detail, list) else [detail])]


def problem(
    status_code: int,
    code: str,
    detail: str,
    errors: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    found = body(status_code, code, detail, errors)
    return Response(found, status_code, headers=dict(headers or {}), content_type=CONTENT_TYPE)


@csrf_exempt  # without cookies there is nothing to forge
def not_found(request: HttpRequest) -> JsonResponse:
    """An address below /api/ that there is not."""
    return JsonResponse(body(404, *OURS[404]), status=404, content_type=CONTENT_TYPE)
