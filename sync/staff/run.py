"""One run: how far it is, live while it goes on; why it stopped; cancel, go on, ask the failed again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path

from .. import runs
from ..badges import QUEUED
from ..models import SyncRun
from .figures import Progress
from .pages import SyncPage, place_of
from .words import cause_in_short, cause_in_words, ending_in_words, left_in_words


class RunPage(SyncPage):
    template_name = "sync/run.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.find(self.runs, pk=pk)
        return self.page(title=f"同步任务 {run.pk}", section="runs", **self.told(run))

    def told(self, run: SyncRun) -> dict[str, Any]:
        """All that the page shows of a run."""
        tally = self.tally(run)
        mine = self.in_hand.filter(pk=run.pk).exists()
        kept = mine and run.items.exists()
        queued = run.kind in SyncRun.QUEUED
        progress = Progress(run, tally)
        return {
            "run": run,
            "place": place_of(run, self.seen_communities([run])),
            "tally": tally,
            "progress": progress,
            "left": left_in_words(progress.left) if run.is_running and progress.left is not None else "",
            "queued": QUEUED,
            "ending": ending_in_words(run),
            "causes": [
                (cause, cause_in_short(cause), cause_in_words(cause), n)
                for cause, n in tally.causes.most_common()
            ],
            "mine": mine,
            "kept": kept,
            "may_cancel": mine and queued and run.is_running,
            "may_resume": kept and queued and run.is_resumable,
            "may_retry": kept and queued and not run.is_running and tally.failed,
        }


class RunProgress(RunPage):
    """What the page fetches every two seconds: the moving part, and in the end everything."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whose session is over is led to the login by the page, not by its moving part."""
        answer = super().dispatch(request, *args, **kwargs)
        led_away = answer.status_code == 302 and getattr(request, "htmx", False)
        return HttpResponse(headers={"HX-Refresh": "true"}) if led_away else answer

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        context = self.told(self.find(self.runs, pk=pk))
        if not context["run"].is_running:
            whole = {"HX-Retarget": "#run", "HX-Reswap": "outerHTML"}
            return _with(render(request, "sync/run_whole.html", {**context, "is_news": True}), whole)
        is_news = str(context["progress"].tenth) != request.GET.get("said")
        return render(request, "sync/run_progress.html", {**context, "is_news": is_news})


def _with(answer: HttpResponse, headers: dict[str, str]) -> HttpResponse:
    for name, value in headers.items():
        answer[name] = value
    return answer


# -- acts ------------------------------------------------------------------------------------


class RunAct(SyncPage):
    """A button of the page. Only a queue goes on by itself: another question is asked anew."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.act(self.find(self.in_hand.filter(kind__in=SyncRun.QUEUED), pk=pk))

    def act(self, run: SyncRun) -> HttpResponse:
        raise NotImplementedError


class Cancel(RunAct):
    def act(self, run: SyncRun) -> HttpResponse:
        if run.cancel(self.office.user):
            messages.success(self.request, "已取消，没有查询的号码不再查询；已有的结果都保留。")
        else:
            messages.error(self.request, "这次同步已经结束，不用取消。")
        return redirect("sync:run", run.pk)


class Resume(RunAct):
    failed_too = False
    done = "已继续，只查询还没有结果的号码。"
    refused = "这次同步不在停止状态，没有改动。"

    def act(self, run: SyncRun) -> HttpResponse:
        try:
            moved = runs.resume(run, failed_too=self.failed_too)
        except runs.AlreadyRunning as other:
            return self.led_to(other.run, "同样的号码正在另一个任务里同步，没有另外开始；这就是那个任务。")
        if not moved:
            messages.error(self.request, self.refused)
            return redirect("sync:run", run.pk)
        return self.set_going(lambda: run, self.done)


class Retry(Resume):
    failed_too = True
    done = "失败的号码已重新排队。"
    refused = "没有可以重试的号码，或者这次同步还没有结束。"


urls = [
    path("runs/<int:pk>/", RunPage.as_view(), name="run"),
    path("runs/<int:pk>/progress/", RunProgress.as_view(), name="progress"),
    path("runs/<int:pk>/cancel/", Cancel.as_view(), name="cancel"),
    path("runs/<int:pk>/resume/", Resume.as_view(), name="resume"),
    path("runs/<int:pk>/retry/", Retry.as_view(), name="retry"),
]
