"""The platform's two POSTs (the customer's interface document 1.1.1 and 1.1.2).

`PlatformClient.lookup(phone)` is all that others use. How one question goes:

    ask with the newest token ── accepted ──> the data, or None
        │ refused: an unknown phone and a dead token look the same
        ├─ the token was issued for this question, nobody renewed since  ──> not found
        ├─ it was accepted for a question sent after the refusal came    ──> not found
        └─ otherwise ask again: with the newest token, or one renewed for this question

A token issued for a question is used for it first and shown to others after that, and its
lease is kept until then: on a platform where each token ends the one before, or is good for
one look-up, nobody else can end it meanwhile. So its refusal is the answer.
"""

import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from sync import strict_json
from sync.exceptions import (
    AnswerError,
    CredentialsError,
    RateLimited,
    StorageError,
    SyncError,
    TransportError,
)
from sync.pace import Pace
from sync.tokens import Lease, Sightings, Token, TokenStore
from sync.transport import Answer, Deadline, Hiccup, Transport, persist, rate_limited

MOST_REPETITIONS = 8
POLL_SECONDS = 0.04
LONGEST_PROOF = 0.5
LONGEST_TOKEN = 4096
SUCCESS, REFUSAL = 0, 1
TOO_OFTEN = "频繁"

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,8}")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """`data`: the object of the answer, None where the platform does not know the phone.

    `attempts`: lookups sent, repetitions included, token calls not.
    """

    data: object | None = field(repr=False)
    attempts: int


@dataclass(frozen=True)
class Refusal:
    """A no; `error` is what it means under a token that is alive, None: the phone is unknown."""

    error: SyncError | None = None

    def settle(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass(frozen=True)
class Accepted:
    """A yes, with `data` as it stood in the envelope."""

    data: object = field(repr=False)


class PlatformClient:
    """Safe for many threads. Keeps connections open: use it as a context, or close it.

    `deadline`: seconds for one lookup, repetitions and token calls included; `pause`: seconds
    before the first repetition, about; `rate`: lookups a second over all processes, 0 for no
    limit; `patience`: seconds that a lookup may wait for its turn before its deadline begins (as
    long as the deadline where nothing is said), cut short when `stopped` says so.
    """

    def __init__(
        self,
        *,
        token_url: str,
        lookup_url: str,
        key_k: str,
        key_d: str,
        deadline: float = 10.0,
        max_bytes: int = 2_000_000,
        concurrency: int = 16,
        pause: float = 0.2,
        rate: float = 0.0,
        patience: float | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.token_url, self.lookup_url = token_url, lookup_url
        self.credentials = {"key_k": key_k, "key_d": key_d}
        self.deadline, self.pause = deadline, pause
        self.patience = deadline if patience is None else patience
        self.stopped = stopped
        self.pace = Pace(f"{token_url}\n{key_k}", rate)
        self.transport = Transport(max_bytes=max_bytes, connections=concurrency)
        self.tokens = TokenStore(token_url, key_k)
        self.sightings = Sightings()

    @classmethod
    def from_settings(
        cls, *, patience: float | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> Self:
        return cls(
            token_url=settings.PLATFORM_TOKEN_URL,
            lookup_url=settings.PLATFORM_LOOKUP_URL,
            key_k=settings.PLATFORM_KEY_K,
            key_d=settings.PLATFORM_KEY_D,
            deadline=settings.PLATFORM_DEADLINE,
            max_bytes=settings.PLATFORM_MAX_BYTES,
            concurrency=settings.PLATFORM_CONCURRENCY,
            rate=settings.PLATFORM_RATE,
            patience=patience,
            stopped=stopped,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        self.transport.close()

    def lookup(self, phone: str) -> Reply:
        """What the platform knows of the phone.

        Raises SyncError with `attempts` set; RuntimeError inside a transaction (X8).
        """
        refuse_transaction()
        started = time.monotonic()
        question = _Question(self, phone)
        cause = None
        try:
            question.wait_for_turn()
            return Reply(question.answer(), question.attempts)
        except DatabaseError:
            cause = "database"
            raise StorageError(cause, question.attempts) from None
        except SyncError as error:
            cause, error.attempts = error.cause, question.attempts
            raise
        finally:
            seconds = time.monotonic() - started
            logger.info("lookup cause=%s attempts=%d seconds=%.3f", cause, question.attempts, seconds)


class _Question:
    """One phone's question, from the first sending to the answer."""

    def __init__(self, client: PlatformClient, phone: str) -> None:
        self.attempts = 0
        self._client = client
        self._phone = phone
        self._deadline = Deadline(client.deadline)
        # Short, so that a dead holder does not stop the others for the whole of their deadline.
        self._lease = Lease(client.tokens.lock, max(1.0, client.deadline * 0.4))
        self._own: Token | None = None

    def wait_for_turn(self) -> None:
        """Raises RateLimited. The time of the lookup begins when it is its turn."""
        self._client.pace.wait(self._client.patience, self._client.stopped)
        self._deadline = Deadline(self._client.deadline)

    def answer(self) -> object | None:
        with self._lease:
            token = self._client.tokens.recent() or self._turn(None, insist=False)
            for repetition in range(1 + MOST_REPETITIONS):
                outcome = self._ask(token)
                if isinstance(outcome, Accepted):
                    return unwrap(outcome.data)
                heard = time.monotonic()
                if self._is_alive(token, heard):
                    outcome.settle()
                    return None
                # After two refusals of others' tokens only one of our own will tell.
                token = self._turn(token, insist=repetition > 0)
            raise CredentialsError("token")

    def _ask(self, token: Token) -> Accepted | Refusal:
        sent = time.monotonic()
        try:
            with self._client.sightings.asking(token):
                outcome = persist(lambda: self._send(token), self._deadline, self._client.pause)
        finally:
            if token is self._own:
                self._client.tokens.publish(token)
        if isinstance(outcome, Accepted):
            self._client.sightings.accepted(token, sent)
        return outcome

    def _send(self, token: Token) -> Accepted | Refusal:
        if self.attempts:
            self._client.pace.wait(self._deadline.left(), self._client.stopped)
        self._deadline.check()
        self.attempts += 1
        try:
            return self._exchange({"phone": self._phone, "token": token.value})
        except Hiccup as hiccup:
            if isinstance(hiccup.error, RateLimited):
                self._client.pace.pause(hiccup.wait)
            raise

    def _exchange(self, form: Mapping[str, str]) -> Accepted | Refusal:
        answer = self._client.transport.post(self._client.lookup_url, form, self._deadline)
        return read_status(answer, self._client.lookup_url) or read_envelope(answer)

    def _is_alive(self, token: Token, heard: float) -> bool:
        """Whether the token was alive when the platform refused it, as far as we can know.

        Sent after the refusal came, not only after our question: a token may end between two questions.
        """
        if token is self._own and self._lease.held():
            return True
        if self._client.tokens.newest() != token:
            return False
        patience = min(LONGEST_PROOF, self._deadline.left() / 4)
        return self._client.sightings.prove(token, heard, patience) and self._client.tokens.newest() == token

    def _turn(self, refused: Token | None, *, insist: bool) -> Token:
        """The newest token that is not `refused`; where there is none, or on `insist`, one of our own.

        Keeps the lease with one of our own.
        """
        while not self._lease.take():
            if (newest := self._newer(refused)) and not insist:
                return newest
            self._deadline.check()
            time.sleep(POLL_SECONDS * random.uniform(0.5, 1.5))
        if (newest := self._newer(refused)) and not insist:
            self._lease.release()
            return newest
        return self._renew()

    def _newer(self, refused: Token | None) -> Token | None:
        newest = self._client.tokens.newest()
        return None if newest == refused else newest

    def _renew(self) -> Token:
        self._own = persist(self._fetch, self._deadline, self._client.pause)
        self._lease.prolong()
        return self._own

    def _fetch(self) -> Token:
        client = self._client
        answer = client.transport.post(client.token_url, client.credentials, self._deadline)
        if 300 <= answer.status < 400:
            raise TransportError("redirect")
        if answer.status >= 400:
            raise CredentialsError("token")
        return read_token(answer)


def read_status(answer: Answer, url: str) -> Refusal | None:
    """None for a success. A login page instead of an answer (T12) may be a dead token's.

    Raises TransportError (redirect), CredentialsError (refused).
    """
    if answer.status < 300:
        return None
    if answer.status < 400:
        if not _same_host(url, answer.headers.get("Location", "")):
            raise TransportError("redirect")
        return Refusal(TransportError("redirect"))
    if answer.status in (401, 403):
        return Refusal(CredentialsError("refused"))
    raise CredentialsError("refused")


def _same_host(url: str, location: str) -> bool:
    try:
        return bool(location) and _host(urlsplit(urljoin(url, location))) == _host(urlsplit(url))
    except ValueError:
        return False


def _host(parts: SplitResult) -> tuple[str | None, int]:
    return parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)


def read_envelope(answer: Answer) -> Accepted | Refusal:
    """Raises AnswerError, CredentialsError (refused), Hiccup (P7)."""
    document = strict_json.decode(answer.body)
    if not isinstance(document, dict):
        raise AnswerError("shape")
    code = read_code(document.get("code"))
    if code != SUCCESS:
        _refuse_too_often(document, answer.headers)
    if code == REFUSAL:
        return Refusal()
    if code != SUCCESS:
        raise CredentialsError("refused")
    if "data" not in document:
        raise AnswerError("envelope")
    return Accepted(document["data"])


def read_code(code: object) -> int:
    """0 or "0" and the like (P2): true is no 1, 0.0 and " 0" are no 0. Raises AnswerError (envelope)."""
    if isinstance(code, int) and not isinstance(code, bool):
        return code
    if isinstance(code, str) and _INTEGER.fullmatch(code):
        return int(code)
    raise AnswerError("envelope")


def _refuse_too_often(document: Mapping[str, object], headers: Mapping[str, str]) -> None:
    message = document.get("msg")
    if isinstance(message, str) and TOO_OFTEN in message:
        raise rate_limited(headers)


def unwrap(data: object) -> object | None:
    """The object in `data`, or in the JSON text that `data` is (J6); None for nothing (J16).

    Raises AnswerError: shape, and those of strict_json for the text.
    """
    if isinstance(data, str):
        data = strict_json.decode_text(data) if data.strip() else None
    if data in (None, "", [], {}):
        return None
    if not isinstance(data, dict):
        raise AnswerError("shape")
    return data


def read_token(answer: Answer) -> Token:
    """Raises CredentialsError (token), Hiccup (P7)."""
    try:
        document = strict_json.decode(answer.body)
        code = read_code(document.get("code", SUCCESS)) if isinstance(document, dict) else None
    except AnswerError:
        raise CredentialsError("token") from None
    if not isinstance(document, dict):
        raise CredentialsError("token")
    if code != SUCCESS:
        _refuse_too_often(document, answer.headers)
        raise CredentialsError("token")
    return Token(_token_value(document.get("token")))


def _token_value(value: object) -> str:
    """Printable: so it is no blank, no control character and no half of a surrogate pair."""
    if isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= LONGEST_TOKEN:
        return value
    raise CredentialsError("token")


def refuse_transaction() -> None:
    """No network inside a transaction (X8). Those that a TestCase opens around a test do not count."""
    blocks = connection.atomic_blocks
    if blocks and not getattr(blocks[-1], "_from_testcase", False):
        raise RuntimeError("A lookup inside a transaction would keep its locks for the whole exchange.")
