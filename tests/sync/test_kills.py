"""kill -9 at any moment of a run loses nothing and doubles nothing; `make bench` has the long form."""

import re
import subprocess
import sys

import pytest
from django.conf import settings

SHORT = ("--phones", "300", "--kills", "3", "--latency", "0.02")


@pytest.mark.django_db
def test_a_run_killed_three_times_ends_like_one_left_in_peace() -> None:
    command = [sys.executable, "-m", "benchmarks.kills", *SHORT]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert re.search(r"^一致：3 次 kill -9", done.stdout, re.MULTILINE), done.stdout + done.stderr
    assert done.returncode == 0
