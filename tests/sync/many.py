"""Runs over many phones, in this process and in others."""

from sync import batch, runs
from sync.batch import Ending
from sync.models import SyncRun
from sync.simulator import community


def owners(count: int) -> list[str]:
    """One phone for each of so many households that the platform knows."""
    return list(community.owners(count))


def start(count: int) -> SyncRun:
    return runs.start_list(owners(count))


def drain(run: SyncRun, *, concurrency: int = 4, **options: object) -> Ending:
    ending = batch.drain(run, concurrency=concurrency, **options)
    run.refresh_from_db()
    return ending


def outcomes(run: SyncRun) -> dict[str, int]:
    return run.items.tally()["outcomes"]
