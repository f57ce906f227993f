"""Acts upon a person and the person's account: merging two records, the account at the counter, erasing."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property

from residents.forms import ActForm
from residents.masking import mask_id_number, mask_phone
from residents.models import Resident, User
from residents.upstream import blank
from residents.wording import in_words

from ..models import Membership
from ..office import ABSORB, ACCOUNTS, ERASE
from ..wording import FIELDS, label_of
from .act_page import ActPage
from .forms import EraseForm, FindPersonForm, IdentityForm, PhoneForm, ReasonForm
from .search import meant

MOST_FOUND = 20


class PersonAct(ActPage):
    """An act upon one person of the scope."""

    @cached_property
    def person(self) -> Resident:
        found: Resident = self.find(self.scope.residents.select_related("contact"), pk=self.kwargs["pk"])
        return found

    @property
    def name(self) -> str:
        return self.person.shown_name

    @property
    def home(self) -> str:
        return reverse("staff:resident", args=[self.person.pk])

    def homes(self, person: Resident) -> list[Membership]:
        """Where this person is on the books, as far as the caller sees."""
        rows = self.scope.memberships.filter(resident=person).select_related("house__community")
        return list(rows.order_by("ended_at", "pk")[:20])

    def show(self, form: ActForm, status: int = 200, **context: Any) -> HttpResponse:
        shown = {"person": self.person, "name": self.name, "homes": self.homes(self.person)}
        return super().show(form, status, **{**shown, **context})


# -- 合并 ----------------------------------------------------------------------------------


@dataclass
class Pair:
    """One field of two records, and what becomes of it if the first is kept."""

    label: str
    mine: str
    others: str
    becomes: str

    @property
    def differs(self) -> bool:
        return self.becomes != ""


TAKEN, FOUND = "由另一份补上", "待核实：保留的值不变，另一个值列为待核实"


def compared(kept: Resident, other: Resident) -> list[Pair]:
    names = [name for name in FIELDS if name in Resident.SYNCED or name in ("id_type", "contact")]
    united = deepcopy(kept)
    united.absorb(other)  # as the act itself will, and not saved
    return [_pair(name, kept, other, united) for name in names]


def _pair(name: str, kept: Resident, other: Resident, united: Resident) -> Pair:
    field: Any = Resident._meta.get_field(name)
    mine, others, after = (getattr(one, field.attname) for one in (kept, other, united))
    said = united.said.get(name)
    becomes = ""
    if after != mine:
        becomes = TAKEN
    elif said is not None and not blank(said.absorbed):
        becomes = FOUND
    elif not blank(others) and others != mine and name not in Resident.SYNCED:
        becomes = "保留的值不变"
    return Pair(label_of(name), in_words(field, mine), in_words(field, others), becomes)


class Absorb(PersonAct):
    """Two records that prove to be one person: found, compared side by side, made one."""

    permission = ABSORB
    form_class = FindPersonForm
    template_name = "staff/act_absorb.html"
    title = "合并资料"
    button = "查找"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if other := self._other(request.GET.get("other", "")):
            return self.compare(other)
        return self.show(FindPersonForm(), found=self._suspects(), by_typing=False)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if other := self._other(request.POST.get("other", "")):
            return self._absorb(other)
        form = FindPersonForm(request.POST)
        found = self._found(form.cleaned_data["q"]) if form.is_valid() else []
        return self.show(form, 200 if form.is_valid() else 422, found=found, by_typing=form.is_valid())

    def compare(self, other: Resident, form: ActForm | None = None, status: int = 200) -> HttpResponse:
        self.template_name = "staff/act_absorb_compare.html"
        return self.show(
            form or ActForm(),
            status,
            other=other,
            other_homes=self.homes(other),
            pairs=compared(self.person, other),
            reversed_link=f"{reverse('staff:absorb', args=[other.pk])}?other={self.person.pk}",
            two_accounts=User.objects.filter(resident__in=[self.person.pk, other.pk]).count() > 1,
        )

    def _absorb(self, other: Resident) -> HttpResponseBase:
        pairs, form = compared(self.person, other), ActForm(self.request.POST)
        if not form.carry_out(lambda _: self.office.absorb(self.person.pk, other.pk)):
            return self.compare(other, form, 422)
        taken = [pair.label for pair in pairs if pair.becomes == TAKEN]
        found = [pair.label for pair in pairs if pair.becomes == FOUND]
        told = [f"补上 {len(taken)} 项：{'、'.join(taken)}"] if taken else []
        told += [f"{len(found)} 项不同，已列为待核实：{'、'.join(found)}"] if found else []
        rest = "；".join(told) or "没有不同的内容"
        messages.success(self.request, f"两份资料已合并为 {self.name}。{rest}。")
        return redirect(self.home)

    def _other(self, key: str) -> Resident | None:
        try:
            wanted = UUID(key)
        except ValueError:
            return None
        found: Resident = self.find(self.scope.residents.select_related("contact"), pk=wanted)
        return found

    def _suspects(self) -> list[tuple[Resident, list[Membership]]]:
        """Whoever has the same number, or the same name, in the own scope."""
        same = Q(id_number=self.person.id_number) if self.person.id_number else Q()
        same |= Q(name=self.person.name) if self.person.name else Q()
        return self._listed(self.scope.residents.filter(same)) if same else []

    def _found(self, text: str) -> list[tuple[Resident, list[Membership]]]:
        return self._listed(self.scope.residents.filter(meant(text)))

    def _listed(self, people: QuerySet[Resident]) -> list[tuple[Resident, list[Membership]]]:
        listed = list(people.exclude(pk=self.person.pk).order_by("name", "pk")[:MOST_FOUND])
        rows = self.scope.memberships.open().filter(resident__in=listed).select_related("house__community")
        homes: dict[Any, list[Membership]] = {}
        for row in rows.order_by("pk"):
            homes.setdefault(row.resident_id, []).append(row)
        for one in listed:
            one.masked = mask_id_number(one.id_number)  # type: ignore[attr-defined]  # for the template
        return [(one, homes.get(one.pk, [])) for one in listed]


# -- the account ---------------------------------------------------------------------------


@dataclass
class AccountAct:
    """One thing that the counter may do with an account: its form, and what it brings about."""

    key: str
    title: str
    sentence: str
    button: str
    form: ActForm
    danger: bool = False


@dataclass
class AccountCard:
    account: User
    phone: str
    linked: bool
    acts: list[AccountAct]


_FORMS: dict[str, type[ActForm]] = {
    "phone": PhoneForm,
    "unlink": ReasonForm,
    "identity": IdentityForm,
    "lock": ReasonForm,
    "unlock": ReasonForm,
}
_ABOUT: dict[str, tuple[str, str, str, bool]] = {
    "phone": ("更换手机号", "以后用新手机号登录，旧号码不再有效。", "更换手机号", False),
    "unlink": (
        "解除帐号",
        "帐号与此人分开：由帐号得来的绑定和激活一并收回，自报的身份清空，需要重新核对。",
        "解除帐号",
        True,
    ),
    "identity": ("更正自报身份", "帐号还没有绑定到人；更正后本人重新登录核对。", "保存更正", False),
    "lock": ("锁定帐号", "锁定后不能登录，也不能办理任何事情，直到解锁。", "锁定帐号", True),
    "unlock": ("解锁帐号", "本人可以重新登录。已故人员的帐号不能解锁。", "解锁帐号", False),
}
_DONE = {
    "phone": "手机号已更换，以后用新号码登录。",
    "unlink": "帐号已解除，绑定和由此得来的激活已收回。",
    "identity": "自报身份已更正，请本人重新登录核对。",
    "lock": "帐号已锁定。",
    "unlock": "帐号已解锁。",
}
_NOT_DONE = {"lock": "帐号早已锁定，没有改动。", "unlock": "没有解锁：帐号没有锁定，或此人登记为已去世。"}


class Account(PersonAct):
    """帐号 at the counter: of this person, or of whoever asks to be this person."""

    permission = ACCOUNTS
    template_name = "staff/act_account.html"
    title = "帐号"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(ActForm(), cards=self._cards())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        account = next((one for one in self._accounts() if str(one.pk) == request.POST.get("account")), None)
        act = request.POST.get("act", "")
        if account is None or act not in _FORMS:
            messages.error(request, "这个帐号刚才有变化，请核对后再办理。")
            return self._again()
        form = _FORMS[act](request.POST, prefix=f"{act}-{account.pk}")
        if not form.carry_out(lambda values: self._do(act, account.pk, values)):
            return self.show(form, 422, cards=self._cards((account.pk, act, form)))
        if form.done is False:
            messages.warning(request, _NOT_DONE[act])
        else:
            messages.success(request, f"{self.name}：{_DONE[act]}")
        return self._again()

    def _again(self) -> HttpResponseBase:
        return self.back("staff:account", self.person.pk)

    def _do(self, act: str, account: int, values: dict[str, Any]) -> object:
        office, reason = self.office, values["reason"]
        acts = {
            "phone": lambda: office.change_phone(account, values["phone"], reason),
            "unlink": lambda: office.unlink(account, reason),
            "identity": lambda: office.correct_identity(account, values["name"], values["id_number"], reason),
            "lock": lambda: office.lock(account, reason),
            "unlock": lambda: office.unlock(account, reason),
        }
        return acts[act]()

    def _accounts(self) -> list[User]:
        """The person's own, then those whose requests about this person wait for an answer."""
        asked = self.scope.requests.open().filter(
            Q(resident=self.person) | Q(membership__resident=self.person)
        )
        mine = Q(resident=self.person) | Q(pk__in=asked.values("account"))
        return list(self.scope.accounts.filter(mine).order_by("resident", "pk")[:10])

    def _cards(self, posted: tuple[int, str, ActForm] | None = None) -> list[AccountCard]:
        return [self._card(account, posted) for account in self._accounts()]

    def _card(self, account: User, posted: tuple[int, str, ActForm] | None) -> AccountCard:
        linked = account.resident_id == self.person.pk
        offered = ["phone", *(["unlink"] if linked else [])]
        offered += ["identity"] if account.resident_id is None else []
        offered.append("unlock" if account.locked_at else "lock")
        acts = []
        for key in offered:
            mine = posted is not None and posted[:2] == (account.pk, key)
            form = posted[2] if posted and mine else _FORMS[key](prefix=f"{key}-{account.pk}")
            title, sentence, button, danger = _ABOUT[key]
            acts.append(AccountAct(key, title, sentence, button, form, danger))
        return AccountCard(account, mask_phone(account.phone or ""), linked, acts)


# -- 删除 ----------------------------------------------------------------------------------


class Erase(PersonAct):
    """On a request on paper; what is asked by account is answered under 申请."""

    permission = ERASE
    form_class = EraseForm
    template_name = "staff/act_erase.html"
    title = "删除资料"
    button = "永久删除"
    danger = True

    def act(self, values: dict[str, Any]) -> None:
        self.office.erase(self.person.pk, values["reason"])

    def done(self, form: ActForm) -> str:
        return f"{self.name} 的资料已删除，安防同步不会再带回此人。"

    def leave(self) -> HttpResponseBase:
        return redirect("staff:dashboard")


urls = [
    path("residents/<uuid:pk>/absorb/", Absorb.as_view(), name="absorb"),
    path("residents/<uuid:pk>/account/", Account.as_view(), name="account"),
    path("residents/<uuid:pk>/erase/", Erase.as_view(), name="erase"),
]
