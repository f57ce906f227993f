"""A person and the 一标三实 record."""

import uuid
from collections.abc import Container
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from .. import id_numbers
from ..absorbing import take_over
from ..choices import Ethnicity, IdType, PoliticalStatus, Sex
from ..fields import SealedBooleanField, SealedField, SealedJSONField
from ..names import same_name
from ..pinyin import PinyinField
from ..upstream import Sources, Upstream
from ..validators import validate_phone


class Resident(models.Model):
    """居民 (interface document, appendix `data`).

    Unknown stays unknown: "" for text, None for codes, dates and flags.
    `upstream` is what the platform said last, field by field; `sources` tells
    for each of our values where it came from and when.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("姓名", max_length=50, blank=True, default="", db_index=True)
    pinyin = PinyinField("姓名拼音", source="name")
    sex = models.PositiveSmallIntegerField("性别", choices=Sex.choices, null=True, blank=True)
    ethnicity = models.CharField("民族", max_length=2, choices=Ethnicity.choices, blank=True, default="")
    birth_date = models.DateField("出生日期", null=True, blank=True)
    registered_address = models.CharField("户籍地址", max_length=200, blank=True, default="")
    id_type = models.CharField("证件类型", max_length=20, choices=IdType.choices, default=IdType.ID_CARD)
    id_number = SealedField(
        "证件号码", fold=id_numbers.matching_form, tail=4, max_length=30, blank=True, default=""
    )
    phone = SealedField("手机号", purpose="phone", blank=True, default="", validators=[validate_phone])
    contact = models.ForeignKey(
        "self",
        verbose_name="联系人（监护人）",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="contact_of",
    )
    photo_url = SealedField("平台照片地址", max_length=2000, blank=True, default="")
    political_status = models.PositiveSmallIntegerField(
        "政治面貌", choices=PoliticalStatus.choices, null=True, blank=True
    )
    is_veteran = models.BooleanField("退役军人", null=True, blank=True)
    is_low_income = models.BooleanField("低保", null=True, blank=True)
    is_petitioner = SealedBooleanField("上访", null=True, blank=True)
    job_title = models.CharField("工作", max_length=100, blank=True, default="")
    employer = models.CharField("公司", max_length=100, blank=True, default="")

    upstream = SealedJSONField("平台记录", blank=True, default=dict, editable=False)
    sources = models.JSONField("来源", blank=True, default=dict, editable=False)
    self_managed_since = models.DateTimeField("本人自行管理", null=True, blank=True, editable=False)
    version = models.PositiveIntegerField("版本", default=1, editable=False)
    created_at = models.DateTimeField("建档时间", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("更新时间", default=timezone.now, editable=False)

    history = HistoricalRecords(excluded_fields=["upstream", "sources", "self_managed_since", "pinyin"])

    # What the platform tells about a person (interface document, appendix).
    SYNCED = (
        "name", "sex", "ethnicity", "birth_date", "registered_address", "id_number", "phone", "photo_url",
        "political_status", "is_veteran", "is_low_income", "is_petitioner", "job_title", "employer",
    )  # fmt: skip

    READ_OFF = ("birth_date", "sex")  # what an ID number tells
    PETITION = "is_petitioner"  # shown to one permission that no role has by default

    class Meta:
        verbose_name = verbose_name_plural = "居民"
        permissions = [
            ("view_petition", "可查看上访标记"),
            ("reveal_resident", "可查看完整号码"),
            ("absorb_resident", "可合并资料"),
            ("erase_resident", "可删除资料"),
        ]
        indexes = [
            SealedField.index("id_number", name="resident_id_number_digest"),
            SealedField.tail_index("id_number", name="resident_id_number_tail"),
            SealedField.index("phone", name="resident_phone_digest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sex__in=Sex.values) | models.Q(sex=None), name="resident_sex"
            ),
            models.CheckConstraint(
                condition=models.Q(political_status__in=PoliticalStatus.values)
                | models.Q(political_status=None),
                name="resident_political_status",
            ),
            models.CheckConstraint(
                condition=models.Q(ethnicity__in=["", *Ethnicity.values]), name="resident_ethnicity"
            ),
            models.CheckConstraint(condition=models.Q(id_type__in=IdType.values), name="resident_id_type"),
            models.CheckConstraint(
                condition=models.Q(contact=None) | ~models.Q(contact=models.F("id")),
                name="resident_contact_is_another",
            ),
        ]

    def __str__(self) -> str:
        return f"居民 {str(self.pk)[:8]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The spelling goes with the name."""
        fields = kwargs.get("update_fields")
        if fields is not None and "name" in fields:
            kwargs["update_fields"] = {*fields, "pinyin"}
        super().save(*args, **kwargs)

    @property
    def shown_name(self) -> str:
        """What a page of the office calls this person."""
        return self.name or "（姓名未知）"

    @property
    def said(self) -> Upstream:
        """What the platform said last, to read and to write."""
        return Upstream.of(self)

    @property
    def origin(self) -> Sources:
        """Where each value came from, to read and to write."""
        return Sources(self)

    @property
    def id_form(self) -> str:
        """The ID number in the form in which two numbers are compared."""
        return id_numbers.matching_form(self.id_number)

    @property
    def known_sex(self) -> int | None:
        """The sex that is stated, or else told by a valid ID number."""
        return self.sex or self.told().get("sex")

    @property
    def known_birth(self) -> date | None:
        """The birth date that is stated, or else told by a valid ID number."""
        return self.birth_date or self.told().get("birth_date")

    def all_keys(self) -> list[uuid.UUID]:
        """Its own key and those of the records that it absorbed: history and access log keep theirs."""
        return [self.pk, *self.absorbed.values_list("former", flat=True)]

    def known_numbers(self) -> set[str]:
        """The forms of the ID numbers that stand for this person: ours, and the platform's."""
        numbers = (self.id_number, self.said.value("id_number"))
        return {id_numbers.matching_form(number) for number in numbers if number}

    def age(self, today: date | None = None) -> int | None:
        """Full years in Shanghai today, None while the birth date is unknown."""
        born = self.known_birth
        if born is None:
            return None
        today = today or id_numbers.today()
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

    def told(self) -> dict[str, Any]:
        """Birth date and sex, where the ID number is valid and tells them."""
        told = id_numbers.told(self.id_number)
        return {"birth_date": told.birth, "sex": told.sex} if told else {}

    def read_off_number(self, field: str) -> bool:
        """Whether our value is nothing but what the ID number told, unchanged since."""
        value = getattr(self, field)
        return self.origin.derived(field) and value is not None and value == self.told().get(field)

    def fill_from_number(self) -> list[str]:
        """Fill birth date and sex, where unknown, from a valid ID number; not saved. Returns the fields."""
        told = self.told()
        filled = [field for field in told if getattr(self, field) is None and not self.said.emptied(field)]
        for field in filled:
            setattr(self, field, told[field])
            self.origin.note(field, Sources.ID_NUMBER)
        return filled

    def shares_its_number(self) -> bool:
        """Whether somebody else on the books holds the same ID number."""
        others = Resident.objects.filter(id_number=self.id_number).exclude(pk=self.pk)
        return bool(self.id_number) and others.exists()

    def read_number_anew(self, typed: Container[str] = ()) -> None:
        """After the number changed: what the old one told goes with it, unless it was `typed`; what the
        new one tells is filled in, unless it is not clear whose number it is. Not saved."""
        for name in self.READ_OFF:
            if name not in typed and self.origin.derived(name):
                setattr(self, name, None)
        if not self.shares_its_number():
            self.fill_from_number()

    @classmethod
    def known_as(cls, name: str, id_number: str) -> "Resident | None":
        """Who is on the books under this number and name."""
        holders = cls.objects.filter(id_number=id_number) if id_number else cls.objects.none()
        return next((one for one in holders if same_name(one.name, name)), None)

    def absorb(self, other: "Resident") -> None:
        """Take over what the other record of this person knew; not saved, the other stands.

        The whole act, with memberships, account and findings, is `houses.absorbing.absorb`.
        """
        take_over(self, other, self.SYNCED)
        if not self.contact_id and other.contact_id != self.pk:
            self.contact_id = other.contact_id
        since = [moment for moment in (self.self_managed_since, other.self_managed_since) if moment]
        self.self_managed_since = min(since, default=None)
        self.created_at = min(self.created_at, other.created_at)
        self.fill_from_number()

    def clean(self) -> None:
        if self.contact_id and self.contact_id == self.pk:
            raise ValidationError({"contact": "联系人不能是本人。"})


class Absorbed(models.Model):
    """A record that proved to be the same person as another, and is gone: its key leads on."""

    kept = models.ForeignKey(
        Resident, verbose_name="保留的资料", on_delete=models.CASCADE, related_name="absorbed"
    )
    former = models.UUIDField("并入的资料", unique=True)
    at = models.DateTimeField("合并时间", default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "合并记录"

    def __str__(self) -> str:
        return f"合并记录 {self.pk}"
