"""How a fault gets its name."""

from collections.abc import Callable
from typing import Any

from sync.simulator.exchange import NOT_FOUND, Exchange, Fault
from sync.simulator.messages import JSON_TYPE, envelope, json_bytes, refusal
from sync.simulator.platform import LOOKUP_PATH

Play = Callable[[Exchange], None]
Change = Callable[[dict[str, Any]], Any]
Spoil = Callable[[bytes], bytes]


class Registry(dict[str, Fault]):
    """Faults by name, in the order of the catalogue."""

    def add(self, name: str, play: Play, path: str = LOOKUP_PATH) -> None:
        assert name not in self, name
        self[name] = Fault(name, play, path)

    def named(self, name: str, path: str = LOOKUP_PATH) -> Callable[[Play], Play]:
        """A decorator for a fault that needs statements of its own."""

        def register(play: Play) -> Play:
            self.add(name, play, path)
            return play

        return register

    def body(self, name: str, spoil: Spoil, content_type: str = JSON_TYPE) -> None:
        """A fault in the bytes of the healthy answer."""

        def play(exchange: Exchange) -> None:
            exchange.reply(spoil(json_bytes(exchange.document())), content_type)

        self.add(name, play)

    def data(self, name: str, change: Change) -> None:
        """A fault inside `data`: the healthy data of the phone, changed."""

        def play(exchange: Exchange) -> None:
            data = exchange.data()
            exchange.json(refusal(NOT_FOUND) if data is None else envelope(change(data)))

        self.add(name, play)

    def fixed(self, name: str, body: bytes, content_type: str = JSON_TYPE, path: str = LOOKUP_PATH) -> None:
        """A fault that says the same to everybody."""
        self.add(name, lambda exchange: exchange.reply(body, content_type), path)

    def document(self, name: str, document: object, path: str = LOOKUP_PATH) -> None:
        self.fixed(name, json_bytes(document), path=path)
