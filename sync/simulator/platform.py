"""The platform without its sockets: whom it knows, what it was asked, how it is to misbehave."""

import copy
import threading
from collections import Counter
from collections.abc import Hashable
from typing import Any

from sync.simulator import community, sample
from sync.simulator.households import HOUSEHOLDS
from sync.simulator.messages import Request, envelope, json_bytes, response
from sync.simulator.replies import Reply, Script
from sync.simulator.tokens import Tokens

TOKEN_PATH = "/token"
LOOKUP_PATH = "/lookup"
LOGIN_PATH = "/login"


class Platform:
    """State that a test may read and change at run time."""

    def __init__(
        self,
        fault: str | None = None,
        latency: float = 0.0,
        *,
        key_k: str = "demo",
        key_d: str = "demo",
        single_token: bool = False,
        expire_after: int | None = None,
        households: int = HOUSEHOLDS,
        round: int = 0,
        counts_only: bool = False,
    ) -> None:
        self.fault = fault
        self.latency = latency
        self.key_k, self.key_d = key_k, key_d
        self.single_token = single_token
        self.expire_after = expire_after
        self.households = households
        self.round = round
        self.redirect_to = "http://127.0.0.1:9/"
        self.answers: dict[str, Reply] = {}
        self.faults: dict[str, str] = {}
        self.token_script: Script | None = None
        self.counts_only = counts_only
        self.requests: list[Request] = []
        self.asked: Counter[str] = Counter()
        self.tokens = Tokens()
        self._prepared: dict[tuple[str, int], bytes] = {}
        self._counts: Counter[Hashable] = Counter()
        self._marks: dict[Hashable, int] = {}
        self._lock = threading.Lock()

    @property
    def lookups(self) -> list[Request]:
        return [request for request in list(self.requests) if request.route == LOOKUP_PATH]

    @property
    def token_calls(self) -> list[Request]:
        return [request for request in list(self.requests) if request.route == TOKEN_PATH]

    def note(self, request: Request) -> None:
        """How often each phone was looked up, and the requests themselves for whoever wants them kept."""
        with self._lock:
            if request.route == LOOKUP_PATH:
                self.asked[request.phone] += 1
            if not self.counts_only:
                self.requests.append(request)

    def expire_tokens(self) -> None:
        """Every token issued so far is refused from now on."""
        self.tokens.expire()

    def answer(self, phone: str) -> dict[str, Any] | None:
        """The data known of a phone: an override that is an object, the sample, or a community's."""
        override = self.answers.get(phone)
        if isinstance(override, dict):
            return copy.deepcopy(override)
        if phone == sample.PHONE:
            return sample.answer()
        return community.answer(phone, self.households, self.round)

    def prepare(self) -> None:
        """Make this round's answers beforehand, a kilobyte each, so that a lookup only sends."""
        for phone in community.phones(self.households):
            data = community.answer(phone, self.households, self.round)
            self._prepared[phone, self.round] = response(json_bytes(envelope(data)))

    def prepared(self, phone: str) -> bytes | None:
        """The response made beforehand, if it was."""
        return self._prepared.get((phone, self.round))

    def count(self, key: Hashable) -> int:
        """How often this was counted, this time included."""
        with self._lock:
            self._counts[key] += 1
            return self._counts[key]

    def mark(self, key: Hashable, serial: int) -> int:
        """The serial remembered under the key; the first one to come stays."""
        with self._lock:
            return self._marks.setdefault(key, serial)
