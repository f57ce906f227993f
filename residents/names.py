"""Comparing names: blanks, the dots of long names and case do not count."""

import re

_NOISE = re.compile(r"[\s·•・‧∙.]")


def name_key(name: str | None) -> str:
    """The form in which two names are compared; "" matches nothing."""
    return _NOISE.sub("", name or "").casefold()


def same_name(one: str | None, other: str | None) -> bool:
    return bool(name_key(one)) and name_key(one) == name_key(other)
