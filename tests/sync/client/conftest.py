"""A client and a platform without a database: the token lies in a cache of this process."""

import pytest
from django.core.cache import cache

from sync.client import PlatformClient
from sync.simulator.server import Simulator


@pytest.fixture(autouse=True)
def _own_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    yield
    cache.clear()


@pytest.fixture
def platform():
    with Simulator() as running:
        yield running


@pytest.fixture
def make_client():
    """`make_client(platform, deadline=…)`: closed with the test."""
    made = []

    def make(platform, **options):
        options = {"deadline": 2.0, "pause": 0.01, "key_k": "demo", "key_d": "demo"} | options
        urls = {"token_url": platform.token_url, "lookup_url": platform.lookup_url}
        made.append(PlatformClient(**urls | options))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(platform, make_client):
    return make_client(platform)


@pytest.fixture
def warm(platform, client):
    """The client after a first answer, so with a token that is not new any more."""
    client.lookup("15131512234")
    platform.requests.clear()
    return client
