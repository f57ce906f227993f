"""What may stand in a log."""

import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

# Who has the address of an invitation has the invitation; as a path, or quoted, as often as it may be,
# within other addresses.
_INVITATION = re.compile(r"(invitation(?:/|%(?:25)*2F))[^/%?&\s]+", re.IGNORECASE)


def without_message(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Log an exception's type and places. Its message may quote a value: a failing row, a form, a name."""
    found = event.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else sys.exc_info()[1] if found is True else found
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        event["at"] = [f"{frame.filename}:{frame.lineno}" for frame in frames]
    return event


def without_token(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Log that an invitation was opened, and not which: Django and gunicorn tell the path of a request."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _INVITATION.sub(r"\1…", value)
    return event


def as_json(level: str) -> dict[str, Any]:
    """Django's LOGGING: one JSON object a line on stderr, from this level on."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
        ],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_message,
            without_token,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    }
    once: dict[str, Any] = {"handlers": [], "propagate": True}  # in one format
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "loggers": {
            "django": once,
            "gunicorn.access": once,
            "gunicorn.error": once,
            "tencentcloud_sdk_common": {"level": "WARNING"},  # below that it tells the phone and the code
        },
        "root": {"handlers": ["stderr"], "level": level},
    }
