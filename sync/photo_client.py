"""One photo from the address that the platform names, without being led anywhere else (faults.md, D14).

An address of the platform is a stranger's word: it may name our own machines, or a host that
resolves to them a moment later. So the host stands in a list, its name is resolved once, every
address it has must be public, and the connection goes to one that was looked at.
"""

import http.client
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote

import certifi
from django.conf import settings
from urllib3 import Timeout
from urllib3.exceptions import HTTPError

from residents.images import MOST_BYTES
from residents.watched import SecurePool, Watch

from .client import refuse_transaction
from .exceptions import SyncError
from .transport import CONNECT_SECONDS, READ_SECONDS, Deadline, Hiccup, explain, read_body

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

HEADERS = {"User-Agent": "resident-register/1.0", "Accept": "image/*", "Accept-Encoding": "identity"}

# https, a name, no other port than 443, no user-info, no fragment; of the rest nothing that two readers
# might read in two ways. What is not ASCII may stand in the path alone.
_ADDRESS = re.compile(r"https://([A-Za-z0-9.-]+)(?::443)?(/[^\x00-\x20\x7f\\#]*)?", re.ASCII)

# An IPv6 address that stands for an IPv4 one: behind a translator it leads there.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48")


class NoPhoto(Exception):
    """There is none to be had at this address. `cause`: a code, which says nothing of the address."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def is_public(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        stands_for_another = address.ipv4_mapped or address.sixtofour or address.teredo
        if stands_for_another or any(address in network for network in _TRANSLATED):
            return False
    return address.is_global and not address.is_multicast


def resolve(host: str) -> list[str]:
    """All addresses of a name. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def trust() -> ssl.SSLContext:
    """TLS of today, and a certificate for the name that was asked for."""
    return ssl.create_default_context(cafile=certifi.where())


@dataclass(frozen=True)
class Gate:
    """Which photos are fetched, and how. All but the hosts are there for the tests, which have neither
    a public address nor a certificate that the world trusts."""

    hosts: frozenset[str]
    port: int = 443
    resolve: Callable[[str], list[str]] = resolve
    is_public: Callable[[IPAddress], bool] = is_public
    trust: Callable[[], ssl.SSLContext] = field(default=trust, repr=False)
    deadline: float = 20.0
    most_bytes: int = MOST_BYTES

    @classmethod
    def from_settings(cls) -> Self:
        return cls(settings.PHOTO_HOSTS)

    def split(self, url: str) -> tuple[str, str]:
        """The host and what is asked of it. Raises NoPhoto: address, host."""
        match = _ADDRESS.fullmatch(url)
        if match is None:
            raise NoPhoto("address")
        host = match[1].lower()
        if host not in self.hosts:
            raise NoPhoto("host")
        return host, quote(match[2] or "/", safe="/?%:@!$&'()*+,;=~-._[]")

    def fetch(self, url: str) -> bytes:
        """What lies at the address. Raises NoPhoto."""
        refuse_transaction()
        host, target = self.split(url)
        deadline = Deadline(self.deadline)
        address = self._locate(host)
        with Watch(deadline.left()):
            try:
                return self._get(address, host, target, deadline)
            except (HTTPError, http.client.HTTPException, OSError) as error:
                raise _no_photo(explain(error, deadline)) from None
            except SyncError as error:
                raise _no_photo(error) from None

    def _locate(self, host: str) -> str:
        """One of the host's addresses, all of which are public."""
        try:
            found = [ipaddress.ip_address(address.partition("%")[0]) for address in self.resolve(host)]
        except (OSError, ValueError):
            raise NoPhoto("unavailable") from None
        if not found or not all(map(self.is_public, found)):
            raise NoPhoto("private")
        return str(found[0])

    def _get(self, address: str, host: str, target: str, deadline: Deadline) -> bytes:
        left = max(deadline.left(), 0.001)
        timeout = Timeout(connect=min(CONNECT_SECONDS, left), read=min(READ_SECONDS, left))
        with SecurePool(
            address, self.port, ssl_context=self.trust(), server_hostname=host, retries=False, timeout=timeout
        ) as pool:
            response = pool.urlopen(
                "GET", target, headers={**HEADERS, "Host": host}, redirect=False, preload_content=False
            )
            try:
                _require_success(response.status)
                return read_body(response, self.most_bytes, deadline)
            finally:
                response.close()


def _require_success(status: int) -> None:
    if 300 <= status < 400:
        raise NoPhoto("redirect")
    if 400 <= status < 500 and status != 429:
        raise NoPhoto("gone")
    if status != 200:
        raise NoPhoto("unavailable")


def _no_photo(error: SyncError | Hiccup) -> NoPhoto:
    return NoPhoto(error.error.cause if isinstance(error, Hiccup) else error.cause)
