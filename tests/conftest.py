"""What every test may use: a platform on a real socket, and the answers it gives."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache, caches

from config.celery import app as celery_app
from residents import sms
from sync.engine import sync_phone
from sync.merge import Outcome
from sync.simulator.server import Simulator
from tests.wechat_server import Wechat


@pytest.fixture(autouse=True)
def _short_deadline(settings: django_settings) -> None:
    """No test waits for the ten seconds that an office grants."""
    settings.PLATFORM_DEADLINE = 3.0


@pytest.fixture(autouse=True)
def _no_broker_on_disk() -> None:
    """Bells rung by tests are heard by nobody, unless a test starts a worker with a broker of its own."""
    celery_app.conf.broker_url = "memory://"


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    """No test pays for the requests of another (residents/api/throttles.py)."""
    caches["process"].clear()


@pytest.fixture
def outbox(settings: django_settings) -> list[tuple[str, str]]:
    """Phones and codes of the SMS that were sent."""
    settings.SMS_BACKEND = "residents.sms.MemoryBackend"
    sms.MemoryBackend.outbox.clear()
    return sms.MemoryBackend.outbox


@pytest.fixture
def platform(db: None, settings: django_settings) -> Iterator[Simulator]:
    """A simulator that the settings point to."""
    with Simulator() as simulator:
        settings.PLATFORM_TOKEN_URL = simulator.token_url
        settings.PLATFORM_LOOKUP_URL = simulator.lookup_url
        settings.PLATFORM_KEY_K, settings.PLATFORM_KEY_D = simulator.key_k, simulator.key_d
        cache.clear()
        yield simulator


@pytest.fixture
def sync(platform: Simulator) -> Callable[..., Outcome]:
    """`sync(phone)` asks the simulator; `sync(phone, data)` has it answer `data` first."""

    def run(phone: str, data: object | None = None) -> Outcome:
        if data is not None:
            platform.answers[phone] = data
        return sync_phone(phone)

    return run


@pytest.fixture
def wechat(db: None, settings: django_settings) -> Iterator[Wechat]:
    """A server of WeChat's that the settings point to."""
    with Wechat.serving() as server:
        settings.WECHAT_APP_ID, settings.WECHAT_APP_SECRET = server.app_id, server.secret
        settings.WECHAT_BASE_URL = server.url
        cache.clear()
        yield server
