"""What the pages of the sync share: whose runs they show, and how one is started and led to."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect

from houses.staff.pages import StaffPage

from .. import tasks
from ..models import SyncRun
from ..runs import AlreadyRunning
from ..visibility import runs_in_hand, sync_runs
from .figures import Tally, tallies


class SyncPage(StaffPage):
    """Any phone may be asked; what is shown of the answers is within the scope."""

    permission = "sync.start_run"
    title = "安防同步"
    here = "sync"

    @property
    def runs(self) -> QuerySet[SyncRun]:
        """With all that a row shows of them."""
        seen = sync_runs(self.office.user, self.permission)
        return seen.select_related("started_by", "ended_by", "community")

    @property
    def in_hand(self) -> QuerySet[SyncRun]:
        return runs_in_hand(self.office.user).select_related("started_by", "ended_by", "community")

    def tally(self, run: SyncRun) -> Tally:
        return tallies([run], petitions=self.scope.petitions)[run.pk]

    def rows(self, runs: Sequence[SyncRun]) -> list[dict[str, Any]]:
        """Rows of a table of runs."""
        counts = tallies(runs, petitions=self.scope.petitions)
        seen = self.seen_communities(runs)
        return [{"run": run, "place": place_of(run, seen), "tally": counts[run.pk]} for run in runs]

    def seen_communities(self, runs: Sequence[SyncRun]) -> set[int]:
        named = {run.community_id for run in runs if run.community_id}
        return (
            set(self.scope.communities.filter(pk__in=named).values_list("pk", flat=True)) if named else set()
        )

    # -- starting and going on ----------------------------------------------------------

    def set_going(self, start: Callable[[], SyncRun], done: str) -> HttpResponse:
        """Start or resume a run, tell a worker, and lead to it; to the one under way where there is one."""
        try:
            run = start()
        except AlreadyRunning as other:
            return self.led_to(other.run, "同样的号码正在同步，没有另外开始；这就是正在进行的任务。")
        transaction.on_commit(lambda: tasks.ring(run.pk))
        return self.led_to(run, done, messages.SUCCESS)

    def led_to(self, run: SyncRun, told: str, level: int = messages.INFO) -> HttpResponse:
        if not self.runs.filter(pk=run.pk).exists():
            messages.info(self.request, "同样的号码正由同事同步，没有另外开始。")
            return redirect("sync:one")
        messages.add_message(self.request, level, told)
        return redirect("sync:run", run.pk)


def place_of(run: SyncRun, seen: set[int]) -> str:
    """What a run is over. Of another office's community no name is told."""
    if run.community_id:
        return str(run.community) if run.community_id in seen else "其他小区"
    return "名单" if run.kind == SyncRun.Kind.LIST else ""
