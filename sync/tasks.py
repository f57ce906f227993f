"""Doors for the worker. A message carries the number of a run, never a phone."""

from threading import Event
from typing import Any

import structlog
from celery import current_app, shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from kombu.exceptions import KombuError

from houses import birthdays

from . import batch, nightly, runs

stopping = Event()
log = structlog.get_logger(__name__)


def ring(run_pk: int, beside: int = 0) -> None:
    """Tell a worker that a run has work. A bell that nobody hears is rung again by the sweep."""
    try:
        drain.apply_async((run_pk, beside), retry=False)
    except (KombuError, OSError) as error:
        log.warning("doorbell out of order", run=run_pk, error=type(error).__name__)


@shared_task(name="sync.drain")
def drain(run_pk: int, beside: int = 0) -> None:
    batch.work_a_shift(run_pk, beside, ring, stopping)


@shared_task(name="sync.sweep")
def sweep() -> None:
    for run in runs.sweep():
        ring(run.pk)


@shared_task(name="sync.nightly")
def start_nightly() -> None:
    for run in nightly.start_due():
        ring(run.pk)


@shared_task(name="sync.birthdays")
def look_at_birthdays() -> None:
    birthdays.restate()


@shared_task(name="sync.forget_old")
def forget_old() -> None:
    runs.forget_old()
    if settings.CELERY_BROKER_URL.startswith("sqla"):
        # Its file keeps what was delivered. The bells that go with it are rung again by the sweep.
        current_app.control.purge()


@worker_ready.connect
def _sweep_first(**_kwargs: Any) -> None:
    """What a worker before us left undone goes on at once."""
    sweep.apply_async()


@worker_shutting_down.connect
def _stop(**_kwargs: Any) -> None:
    """The set under way is stored, the rest given back (X6)."""
    stopping.set()
