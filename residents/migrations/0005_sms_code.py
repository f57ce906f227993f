import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

import residents.fields


class Migration(migrations.Migration):
    dependencies = [
        ("residents", "0004_pinyin"),
    ]

    operations = [
        migrations.CreateModel(
            name="SmsLock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=2, unique=True)),
            ],
            options={
                "verbose_name": "短信锁",
                "verbose_name_plural": "短信锁",
            },
        ),
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.CreateModel(
            name="SmsCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phone", residents.fields.SealedField(purpose="phone", verbose_name="手机号")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("login", "登录"),
                            ("verify", "验证手机号"),
                            ("change_old", "更换手机号（原号码）"),
                            ("change_new", "更换手机号（新号码）"),
                        ],
                        max_length=10,
                        verbose_name="用途",
                    ),
                ),
                ("request", models.CharField(max_length=43, unique=True, verbose_name="请求摘要")),
                ("code", models.CharField(max_length=43, verbose_name="验证码摘要")),
                ("address", models.CharField(max_length=43, verbose_name="来源摘要")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="创建时间"
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="失效时间")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="已试次数")),
                ("used_at", models.DateTimeField(null=True, verbose_name="使用时间")),
                ("failed_at", models.DateTimeField(null=True, verbose_name="发送失败时间")),
            ],
            options={
                "verbose_name": "短信验证码",
                "verbose_name_plural": "短信验证码",
                "indexes": [
                    models.Index(
                        django.db.models.functions.text.Substr("phone", 1, 43), name="sms_code_phone"
                    ),
                    models.Index(fields=["address", "created_at"], name="sms_code_address"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("tries__lte", 5)), name="sms_code_tries")
                ],
            },
        ),
    ]
