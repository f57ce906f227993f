"""Communities and houses."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from residents.fields import SealedJSONField
from residents.upstream import Sources, Upstream

from .. import addresses
from ..choices import HouseUse, Occupancy, Ownership


class CommunityQuerySet(models.QuerySet["Community"]):
    def confirmed(self) -> "CommunityQuerySet":
        """Those that have a name; a household knows of no others."""
        return self.filter(confirmed_at__isnull=False).order_by("name", "pk")


class Community(models.Model):
    """小区. One that a sync brought is unconfirmed until the system administrator names it."""

    name = models.CharField("名称", max_length=50, blank=True, default="")
    platform_code = models.CharField("安防平台编号", max_length=50, blank=True, default="")
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    review_all = models.BooleanField("全部提交都需审核", default=False)
    created_at = models.DateTimeField("建档时间", default=timezone.now, editable=False)

    objects = CommunityQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "小区"
        constraints = [
            models.UniqueConstraint(
                fields=["platform_code"],
                condition=~models.Q(platform_code=""),
                name="community_platform_code_unique",
                violation_error_message="已有小区使用这个安防平台编号。",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None) | ~models.Q(name=""),
                name="community_confirmed_has_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"未确认小区（平台编号 {self.platform_code}）"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.platform_code = addresses.fold("platform_code", self.platform_code)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Before uniqueness is checked: 01 is 1."""
        self.platform_code = addresses.fold("platform_code", self.platform_code)


class HouseQuerySet(models.QuerySet["House"]):
    def confirmed(self) -> "HouseQuerySet":
        """Houses of communities that have a name."""
        return self.filter(community__confirmed_at__isnull=False)


class House(models.Model):
    """房屋: all five parts of the address identify it; a part is never NULL, and always folded."""

    PARTS = ("building", "unit", "floor", "room")
    SYNCED = ("use", "ownership", "occupancy")

    community = models.ForeignKey(
        Community, verbose_name="小区", on_delete=models.PROTECT, related_name="houses"
    )
    building = models.CharField("楼号", max_length=30, blank=True, default="")
    unit = models.CharField("单元", max_length=30, blank=True, default="")
    floor = models.CharField("楼层", max_length=30, blank=True, default="")
    room = models.CharField("房间", max_length=30)
    use = models.PositiveSmallIntegerField("房屋用途", choices=HouseUse.choices, null=True, blank=True)
    ownership = models.PositiveSmallIntegerField("房屋性质", choices=Ownership.choices, null=True, blank=True)
    occupancy = models.PositiveSmallIntegerField("居住现状", choices=Occupancy.choices, null=True, blank=True)

    upstream = SealedJSONField("平台记录", blank=True, default=dict, editable=False)
    sources = models.JSONField("来源", blank=True, default=dict, editable=False)
    version = models.PositiveIntegerField("版本", default=1, editable=False)
    created_at = models.DateTimeField("建档时间", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("更新时间", default=timezone.now, editable=False)

    objects = HouseQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["upstream", "sources"])

    class Meta:
        verbose_name = verbose_name_plural = "房屋"
        permissions = [("transfer_house", "可办理过户")]
        constraints = [
            models.UniqueConstraint(
                fields=["community", "building", "unit", "floor", "room"],
                name="house_address_unique",
                violation_error_message="这套房屋已经登记。",
            ),
            models.CheckConstraint(condition=~models.Q(room=""), name="house_has_room"),
            models.CheckConstraint(
                condition=models.Q(use__in=HouseUse.values) | models.Q(use=None), name="house_use"
            ),
            models.CheckConstraint(
                condition=models.Q(ownership__in=Ownership.values) | models.Q(ownership=None),
                name="house_ownership",
            ),
            models.CheckConstraint(
                condition=models.Q(occupancy__in=Occupancy.values) | models.Q(occupancy=None),
                name="house_occupancy",
            ),
        ]

    def __str__(self) -> str:
        return self.address

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fold()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Before uniqueness is checked: 1号楼 is 1."""
        self.fold()

    @classmethod
    def at(cls, community: Community, parts: Mapping[str, str]) -> "House | None":
        """The house at a typed address; a floor that is blank, here or there, tells none apart."""
        where = {part: addresses.fold(part, parts.get(part, "")) for part in cls.PARTS}
        floor = where.pop("floor")
        near = list(cls.objects.filter(community=community, **where))
        exact = next((house for house in near if house.floor == floor), None)
        alone = near[0] if len(near) == 1 else None
        return exact or (alone if alone and "" in (floor, alone.floor) else None)

    def fold(self) -> None:
        for part in self.PARTS:
            setattr(self, part, addresses.fold(part, getattr(self, part)))

    @property
    def address(self) -> str:
        """As the office writes it: 1-1-1-101; a part that is unknown is left out."""
        return "-".join(part for part in (self.building, self.unit, self.floor, self.room) if part)

    @property
    def said(self) -> Upstream:
        return Upstream.of(self)

    @property
    def origin(self) -> Sources:
        return Sources(self)

    def missing(self) -> list[str]:
        """What the house itself still lacks (还差), in Chinese."""
        labels = {"use": "房屋用途", "ownership": "房屋性质", "occupancy": "居住现状"}
        return [label for field, label in labels.items() if getattr(self, field) is None]
