import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("residents", "0006_photo"),
        ("sync", "0003_heard_and_start_run"),
    ]

    operations = [
        migrations.CreateModel(
            name="PhotoFetch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.CharField(blank=True, default="", max_length=43, verbose_name="地址摘要")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "等待"),
                            ("stored", "已取得"),
                            ("unchanged", "无变化"),
                            ("kept", "保留原有照片"),
                            ("failed", "失败"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="结果",
                    ),
                ),
                ("cause", models.CharField(blank=True, default="", max_length=30, verbose_name="原因")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="失败次数")),
                ("asked_at", models.DateTimeField(blank=True, null=True, verbose_name="最近下载")),
                (
                    "next_at",
                    models.DateTimeField(
                        blank=True, default=django.utils.timezone.now, null=True, verbose_name="下次下载"
                    ),
                ),
                ("leased_until", models.DateTimeField(blank=True, null=True, verbose_name="占用至")),
                (
                    "resident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="photo_fetch",
                        to="residents.resident",
                        verbose_name="居民",
                    ),
                ),
            ],
            options={
                "verbose_name": "照片下载",
                "verbose_name_plural": "照片下载",
                "indexes": [models.Index(fields=["next_at"], name="photo_fetch_due")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "failed"), models.Q(("cause", ""), _negated=True)),
                            models.Q(models.Q(("outcome", "failed"), _negated=True), ("cause", "")),
                            _connector="OR",
                        ),
                        name="photo_fetch_failed_has_cause",
                    )
                ],
            },
        ),
    ]
