"""A setting that is missing or malformed stops every command with one sentence that names it."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

BAD = [
    "SECRET_KEY=",
    "DEBUG=maybe",
    "PII_KEYS=short",
    "PII_DIGEST_KEY=",
    "DATABASE_URL=garbage",
    "DATABASE_URL=mysql://host/name",
    "CACHE_URL=foo://host",
    "PLATFORM_TOKEN_URL=ftp://host/token",
    "PLATFORM_LOOKUP_URL=http://[::1/lookup",
    "PLATFORM_LOOKUP_URL=http://host:999999/lookup",
    "PLATFORM_KEY_D=",
    "PLATFORM_DEADLINE=1e300",
    "PLATFORM_CONCURRENCY=2.5",
    "PLATFORM_MAX_BYTES=many",
    "LOG_LEVEL=loud",
    "PHOTO_HOSTS=https://photo.gov.cn",
    "PHOTO_HOSTS=photo.gov.cn:443",
    "PHOTO_HOSTS=*.gov.cn",
    "PHOTO_HOSTS=127.0.0.1",
    "PHOTO_HOSTS=localhost",
    "PHOTO_HOSTS=photo.gov.cn, ．evil.cn",
    "SMS_BACKEND=residents.sms.PigeonBackend",
    "WECHAT_BASE_URL=api.weixin.qq.com",
]


def run(assignment: str, *command: str) -> subprocess.CompletedProcess[str]:
    name, _, value = assignment.partition("=")
    environment = {**os.environ, name: value}
    return subprocess.run(
        [sys.executable, *command],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("assignment", BAD)
def test_a_bad_setting_is_one_sentence_and_status_2(assignment) -> None:
    done = run(assignment, "manage.py", "sync_phone", "15131512234")
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert assignment.partition("=")[0] in line


TENCENT = ["SECRET_ID=", "SECRET_KEY=", "APP_ID=", "SIGN=", "TEMPLATE=", "ENDPOINT=sms.tencentcloudapi.com"]


@pytest.mark.parametrize("assignment", [f"SMS_TENCENT_{one}" for one in TENCENT])
def test_who_sends_by_tencent_says_how(assignment, monkeypatch) -> None:
    monkeypatch.setenv("SMS_BACKEND", "residents.sms_tencent.TencentBackend")
    for name in TENCENT[:-1]:
        monkeypatch.setenv(f"SMS_TENCENT_{name[:-1]}", "given")
    test_a_bad_setting_is_one_sentence_and_status_2(assignment)


def test_an_app_of_wechats_has_a_secret(monkeypatch) -> None:
    monkeypatch.setenv("WECHAT_APP_ID", "wx0123456789abcdef")
    test_a_bad_setting_is_one_sentence_and_status_2("WECHAT_APP_SECRET=")


def test_a_dollar_in_a_secret_is_a_dollar() -> None:
    code = "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; "
    done = run(
        "PLATFORM_KEY_D=$ecret",
        "-c",
        code + "from django.conf import settings; print(settings.PLATFORM_KEY_D)",
    )
    assert done.stdout == "$ecret\n"
