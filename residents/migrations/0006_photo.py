import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import residents.fields


class Migration(migrations.Migration):
    dependencies = [
        ("residents", "0005_sms_code"),
    ]

    operations = [
        migrations.CreateModel(
            name="Photo",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "resident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="photo",
                        to="residents.resident",
                        verbose_name="居民",
                    ),
                ),
                ("jpeg", residents.fields.SealedBytesField(verbose_name="照片")),
                ("digest", models.CharField(max_length=43, verbose_name="摘要")),
                ("width", models.PositiveSmallIntegerField(verbose_name="宽")),
                ("height", models.PositiveSmallIntegerField(verbose_name="高")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("platform", "安防平台"),
                            ("owner", "家人上传"),
                            ("self", "本人上传"),
                            ("staff", "物业上传"),
                        ],
                        max_length=10,
                        verbose_name="来源",
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="更新时间"),
                ),
            ],
            options={
                "verbose_name": "照片",
                "verbose_name_plural": "照片",
                "base_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["platform", "owner", "self", "staff"])),
                        name="photo_source",
                    )
                ],
            },
        ),
    ]
