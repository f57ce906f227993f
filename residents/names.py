"""Comparing names: blanks, the dots of long names and case do not count."""

import re
from functools import lru_cache

_NOISE = re.compile(r"[\s·•・‧∙.]")


@lru_cache(maxsize=4096)  # a merge compares the same names again and again
def name_key(name: str | None) -> str:
    """The form in which two names are compared; "" matches nothing."""
    return _NOISE.sub("", name or "").casefold()


def same_name(one: str | None, other: str | None) -> bool:
    return bool(name_key(one)) and name_key(one) == name_key(other)
