"""The household on which every fault is tried, and room for many threads."""

import pytest
from django.conf import settings as django_settings

from sync.simulator.server import Simulator
from tests.sync.invariants import Trial


@pytest.fixture
def threads(settings: django_settings) -> None:
    """Many may ask at once: the tests' SQLite lies in memory, where two threads at the cache's table are
    refused at once, not made to wait; so the cache lies beside it."""
    settings.CACHES = {
        name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
        for name in ("default", "process")
    }


@pytest.fixture(params=[False, True], ids=["first", "later"])
def trial(
    request: pytest.FixtureRequest,
    platform: Simulator,
    settings: django_settings,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Trial:
    """The fault is met by the household's first answer, or by a later one."""
    made = Trial(platform, settings, caplog, capfd, settled=request.param)
    made.prepare()
    return made
