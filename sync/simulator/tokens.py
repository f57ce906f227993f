"""Tokens: issued, counted, ended (section 1.1.1 of the interface document states no lifetime)."""

import secrets
import string
import threading
from dataclasses import dataclass

ALPHABET = string.ascii_letters + string.digits
LENGTH = 15  # as in the document's example


@dataclass
class Token:
    serial: int
    lookups: int = 0
    alive: bool = True


class Tokens:
    """All tokens of one platform; safe for threads."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    @property
    def newest(self) -> int:
        """The serial of the token issued last; 0 before the first."""
        return len(self._tokens)

    def issue(self, *, alone: bool = False) -> str:
        """A new token; `alone` ends all older ones."""
        value = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        with self._lock:
            if alone:
                self._end_all()
            self._tokens[value] = Token(len(self._tokens) + 1)
        return value

    def add(self, value: str) -> None:
        """A token of the test's own making, alive from now on."""
        with self._lock:
            self._tokens[value] = Token(len(self._tokens) + 1)

    def expire(self) -> None:
        with self._lock:
            self._end_all()

    def accept(self, value: str, good_for: int | None = None) -> bool:
        """Whether the token is alive; counts the lookup, and ends a token used `good_for` times."""
        with self._lock:
            token = self._tokens.get(value)
            if token is None or not token.alive or (good_for is not None and token.lookups >= good_for):
                return False
            token.lookups += 1
            return True

    def serial(self, value: str) -> int:
        return self._tokens[value].serial

    def is_fresh(self, value: str) -> bool:
        """Whether the lookup being answered is the token's first."""
        return self._tokens[value].lookups <= 1

    def _end_all(self) -> None:
        for token in self._tokens.values():
            token.alive = False
