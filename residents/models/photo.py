"""照片: a JPEG of ours, sealed, in a row of its own (docs/decisions/0012)."""

from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from ..exceptions import Refusal, Refused
from ..fields import SealedBytesField
from ..images import Portrait
from ..upstream import Sources
from .resident import Resident

WHOSE = {
    Sources.PLATFORM: "安防平台",
    Sources.OWNER: "家人上传",
    Sources.SELF: "本人上传",
    Sources.STAFF: "物业上传",
}
HOUSEHOLD = (Sources.OWNER, Sources.SELF)

# Whose photo each source may replace: the office anybody's, everybody else only their own kind's.
REPLACES = {
    Sources.PLATFORM: (Sources.PLATFORM,),
    Sources.OWNER: HOUSEHOLD,
    Sources.SELF: HOUSEHOLD,
    Sources.STAFF: tuple(WHOSE),
}


class PhotoManager(models.Manager["Photo"]):
    """The picture itself is read only where it is asked for."""

    def get_queryset(self) -> models.QuerySet["Photo"]:
        return super().get_queryset().defer("jpeg")


class Photo(models.Model):
    """One for each resident, without a history. `digest` recognises the file that it was made of."""

    resident = models.OneToOneField(
        Resident, verbose_name="居民", on_delete=models.CASCADE, related_name="photo"
    )
    jpeg = SealedBytesField("照片")
    digest = models.CharField("摘要", max_length=43)
    width = models.PositiveSmallIntegerField("宽")
    height = models.PositiveSmallIntegerField("高")
    source = models.CharField("来源", max_length=10, choices=WHOSE)
    updated_at = models.DateTimeField("更新时间", default=timezone.now)

    objects = PhotoManager()

    class Meta:
        verbose_name = verbose_name_plural = "照片"
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=models.Q(source__in=list(WHOSE)), name="photo_source"),
        ]

    def __str__(self) -> str:
        return f"照片 {self.pk}"

    @classmethod
    def of(cls, resident: UUID | Resident) -> "Photo | None":
        return cls.objects.filter(resident=resident).first()

    @property
    def is_the_households(self) -> bool:
        return self.source in HOUSEHOLD

    @classmethod
    @transaction.atomic
    def keep(cls, resident: UUID, portrait: Portrait, source: str) -> bool:
        """Store it where there is none, or where the standing one may be replaced from this source.

        False where it is the same file from the same source. Raises Refused: photo_kept, or
        not_found where the person is gone. The person is locked: nobody is erased or absorbed meanwhile.
        """
        if not Resident.objects.select_for_update().filter(pk=resident).values_list("pk").first():
            raise Refused(Refusal.NOT_FOUND)
        standing = cls.of(resident)
        if standing and standing.source not in REPLACES[source]:
            raise Refused(Refusal.PHOTO_KEPT)
        if standing and (standing.digest, standing.source) == (portrait.digest, source):
            return False
        values = {name: getattr(portrait, name) for name in ("jpeg", "digest", "width", "height")}
        values |= {"source": source, "updated_at": timezone.now()}
        cls.objects.update_or_create(resident_id=resident, defaults=values)
        return True
