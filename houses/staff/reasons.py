"""A reason as it is posted: one of those offered, or written; never with a number in it."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from residents.typed import plain

LONGEST = 200


def reason_in(request: HttpRequest) -> tuple[str, str]:
    """What was written, else what was tapped; and the sentence of what is wrong with it."""
    written = " ".join(request.POST.get("other", "").split())
    return checked(written or request.POST.get("reason", "").strip())


def checked(text: str) -> tuple[str, str]:
    """Free text is shown in full to everybody who sees the record."""
    try:
        plain(text, LONGEST)
    except ValidationError as error:
        return text, error.messages[0]
    return text, ""
