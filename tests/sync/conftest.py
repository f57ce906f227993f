"""The household on which every fault is tried."""

import pytest
from django.conf import settings as django_settings

from sync.simulator.server import Simulator
from tests.sync.invariants import Trial


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
