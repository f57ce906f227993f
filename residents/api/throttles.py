"""How often: each account, and each address while nobody is signed in.

What writes is counted in the cache that all processes share. What only reads is counted by each
process for itself, which costs no query and stops a loop as well.
"""

from typing import Any

from django.core.cache import caches
from rest_framework.throttling import SimpleRateThrottle

from ..sign_in import client_address


class Counted(SimpleRateThrottle):
    READING, WRITING = "240/min", "60/min"
    rate = READING

    def allow_request(self, request: Any, view: Any) -> bool:
        reads = request.method in ("GET", "HEAD", "OPTIONS")
        self.kind = "read" if reads else "write"
        self.cache = caches["process" if reads else "default"]
        self.num_requests, self.duration = self.parse_rate(self.READING if reads else self.WRITING)
        return super().allow_request(request, view)

    def counter(self, who: object) -> str:
        return f"api-{self.scope}-{self.kind}-{who}"


class PerAccount(Counted):
    scope = "account"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        return self.counter(request.user.pk) if request.user.is_authenticated else None


class PerAddress(Counted):
    scope = "address"
    READING, WRITING = "120/min", "30/min"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        return None if request.user.is_authenticated else self.counter(client_address(request))
