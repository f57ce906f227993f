"""补全 and 添加: a member in short steps, a draft kept at each; and what it changes, before it is sent."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property

from residents.advice import advised
from residents.exceptions import Refusal, Refused
from residents.forms import line
from residents.views.forms import GuardianForm
from residents.views.pages import FamilyForm

from ..choices import Role
from ..filled import outcome, why_it_waits
from ..models import House, Submission
from .act_page import ActPage
from .fill_form import TOPICS, MemberForm, role_field
from .filling import CHECK, Filling
from .pages import FamilyPage


class FillingPage(FamilyPage):
    """A page about what is typed of a member, or (`newcomer`) of somebody who is not on the books yet."""

    here = "home"
    newcomer = False

    filling: Filling

    def gate(self, request: HttpRequest) -> HttpResponseBase | None:
        return super().gate(request) or self._open()

    def _open(self) -> HttpResponseBase | None:
        """Find whom it is about; who may see them and not fill for them is told why."""
        if self.newcomer:
            entries = self.family.submissions.open().filter(membership=None)
            entry = self.find(entries.select_related("house__community"), pk=self.kwargs["pk"])
            self.filling = Filling(self.family, entry.house, entry=entry)
            return None
        rows = self.scope.shown.select_related("resident__contact", "house__community")
        row = self.find(rows, pk=self.kwargs["pk"])
        self.filling = Filling.of_member(self.family, row)
        try:
            self.family.fillable(row.pk)
        except Refused as refused:
            messages.error(self.request, advised(refused))
            return redirect("my:member", row.pk)
        return None

    def address(self, step: str) -> str:
        name = "my:entry_step" if self.newcomer else "my:fill_step"
        return reverse(name, args=[self.kwargs["pk"], step])

    @property
    def home(self) -> str:
        return reverse("my:home") if self.newcomer else reverse("my:member", args=[self.kwargs["pk"]])

    def show(self, form: forms.Form | None, status: int = 200, **context: Any) -> HttpResponse:
        verb = "添加" if self.newcomer else "补全"
        title = f"{verb} {self.filling.name}" if not self.filling.mine else "补全我的资料"
        around = {"title": title, "filling": self.filling, "entry": self.filling.entry, "home": self.home}
        return self.page(status, form=form, **around, **context)


class Fill(FillingPage):
    """To the step that has something to do."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return redirect(self.address(CHECK if self.filling.waits else self.filling.first))


class FillStep(FillingPage):
    """One topic; whatever was typed is kept as a draft, wherever one goes from here."""

    template_name = "household/fill.html"

    @cached_property
    def step(self) -> str:
        step: str = self.kwargs["step"]
        if step not in self.filling.steps:
            raise Http404(Refusal.NOT_FOUND.label)
        return step

    def get(self, request: HttpRequest, pk: int, step: str) -> HttpResponseBase:
        if self.filling.waits:
            return redirect(self.address(CHECK))
        return self.show_step(self.filling.form(topics=[self.step]))

    def post(self, request: HttpRequest, pk: int, step: str) -> HttpResponseBase:
        form = self.filling.form(request.POST, [self.step])
        if not form.carry_out(lambda _: self.keep(form)):
            return self.show_step(form, form.status)
        self.filling = Filling(self.family, self.filling.house, self.filling.row, form.done)
        self.tell_read_off(form)
        return redirect(self.following(form))

    def keep(self, form: MemberForm) -> Submission | None:
        return self.filling.keep(form.typed) if form.typed else self.filling.entry

    def tell_read_off(self, form: MemberForm) -> None:
        if "id_number" in form.typed and (told := self.filling.read_off()):
            messages.success(self.request, f"已由证件号码带出：{'、'.join(told)}。")

    def following(self, form: MemberForm) -> str:
        """Where to go: this step again where the answers raise a new question."""
        go = self.request.POST.get("go", "next")
        if go == "save":
            if saved := self.filling.saved_at:
                messages.success(self.request, f"已保存草稿 {saved}，可以以后再接着填。")
            return self.home
        if go == "back":
            return self.address(self.filling.step_from(self.step, -1))
        again = self.filling.form(topics=[self.step])
        if set(again.fields) - set(form.fields):
            messages.info(self.request, "按您选择的证件类型，请再填写下面几项。")
            return self.address(self.step)
        return self.address(self.filling.step_from(self.step, 1))

    def show_step(self, form: MemberForm, status: int = 200) -> HttpResponse:
        steps = self.filling.steps
        place = steps.index(self.step)
        return self.show(
            form, status, steps=steps, step=self.step, place=place + 1, topic=TOPICS[self.step][0]
        )


class CheckForm(GuardianForm):
    """What is agreed to when it is handed in."""

    guardian_label = "我是孩子的父母或监护人，同意登记和使用孩子的这些资料。"


class Check(FillingPage):
    """核对并提交: old and new of everything typed, and what is still missing after this."""

    template_name = "household/fill_check.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show_check(self.form())

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        form = self.form(request.POST)
        if not form.carry_out(self.submit):
            return self.show_check(form, form.status)
        entry: Submission = form.done
        if entry.status == Submission.Status.WAITING:
            messages.success(request, f"已提交，等物业审核。{why_it_waits(entry)}")
            return redirect(self.home)
        return self.taken(entry)

    def form(self, data: Any = None) -> CheckForm:
        return CheckForm(data, guardian=self.filling.needs_guardian)

    def submit(self, values: dict[str, Any]) -> Submission:
        entry = self.filling.entry
        if entry is None:
            raise Refused(Refusal.NOTHING_TYPED)
        # The button names the record that the page showed: if it moved on again, that is told again.
        seen = self.request.POST.get("anew", "") if self.filling.moved else ""
        if seen or values.get("guardian"):
            entry = self.filling.keep({}, guardian=values.get("guardian", False), seen=seen)
        return self.family.submit(entry.pk)

    def taken(self, entry: Submission) -> HttpResponseBase:
        rows = self.scope.shown.select_related("resident__contact")
        row = rows.filter(pk=entry.membership_id).first()
        messages.success(self.request, outcome(row, self.filling.mine) if row else "已保存。")
        return redirect("my:member", row.pk) if row else redirect("my:home")

    def show_check(self, form: CheckForm, status: int = 200) -> HttpResponse:
        steps = [(TOPICS[step][0], self.address(step)) for step in self.filling.steps]
        return self.show(form, status, steps=steps, place=len(steps) + 1)


class Discard(FamilyPage):
    """The author gives up what was typed."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        entry: Submission = self.find(self.family.submissions.open(), pk=pk)
        self.attempt(lambda: self.family.discard(entry.pk), "已放弃这次填写的内容，原来的登记不变。")
        return self.back("my:member", entry.membership_id) if entry.membership_id else self.back("my:home")


class AddForm(FamilyForm):
    name = line("姓名", required=True)
    role = role_field(required=True)


class Add(ActPage):
    """Who it is, by name and role; the rest is asked step by step."""

    template_name = "household/add.html"
    title = "添加成员"
    here = "home"
    form_class = AddForm
    button = "下一步"

    def gate(self, request: HttpRequest) -> HttpResponseBase | None:
        stopped = super().gate(request)
        if stopped is not None or self.scope.nameable.filter(pk=self.house.pk).exists():
            return stopped
        messages.error(request, Refusal.NOT_ALLOWED.label)
        return redirect("my:home")

    @cached_property
    def house(self) -> House:
        found: House = self.find(self.scope.houses.select_related("community"), pk=self.kwargs["pk"])
        return found

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.form(request.POST)
        if not form.carry_out(self.act):
            return self.show(form, form.status)
        return redirect("my:entry_step", form.done.pk, "who")

    def act(self, values: dict[str, Any]) -> Submission:
        return self.family.name_member(self.house.pk, values)

    def show(self, form: FamilyForm, status: int = 200, **context: Any) -> HttpResponse:
        rents = self.scope.at_home.filter(house=self.house, role=Role.TENANT).exists()
        return super().show(form, status, house=self.house, rents=rents, **context)


urls = [
    path("members/<int:pk>/fill/", Fill.as_view(), name="fill"),
    path("members/<int:pk>/fill/check/", Check.as_view(), name="fill_check"),
    path("members/<int:pk>/fill/<slug:step>/", FillStep.as_view(), name="fill_step"),
    path("houses/<int:pk>/add/", Add.as_view(), name="add"),
    path("entries/<int:pk>/", Fill.as_view(newcomer=True), name="entry"),
    path("entries/<int:pk>/discard/", Discard.as_view(), name="discard"),
    path("entries/<int:pk>/check/", Check.as_view(newcomer=True), name="entry_check"),
    path("entries/<int:pk>/<slug:step>/", FillStep.as_view(newcomer=True), name="entry_step"),
]
