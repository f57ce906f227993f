"""Which class sends the codes (residents/sms.py), and that none is deployed which sends nothing."""

import pytest
from django.core.checks import run_checks

from residents import sms
from tests.cast import ZHOU_PHONE


def test_on_the_workplace_the_code_is_printed_and_the_phone_masked(settings, capsys) -> None:
    settings.SMS_BACKEND = "residents.sms.ConsoleBackend"
    sms.send(ZHOU_PHONE, "012345")
    assert capsys.readouterr().out == "短信验证码：138****0001 的验证码是 012345，五分钟内有效。\n"


def test_in_a_test_it_is_kept(outbox) -> None:
    sms.send(ZHOU_PHONE, "012345")
    assert outbox == [(ZHOU_PHONE, "012345")]


@pytest.mark.parametrize(
    ("backend", "found"),
    [
        ("residents.sms.ConsoleBackend", ["residents.E001"]),
        ("residents.sms.MemoryBackend", ["residents.E001"]),
        ("residents.sms_tencent.TencentBackend", []),
    ],
)
def test_a_site_for_everybody_sends_its_codes(settings, backend, found) -> None:
    settings.SMS_BACKEND = backend
    told = run_checks(tags=["security"], include_deployment_checks=True)
    assert [one.id for one in told if one.id.startswith("residents.")] == found


def test_on_the_workplace_nothing_is_said_of_it(settings) -> None:
    settings.SMS_BACKEND = "residents.sms.ConsoleBackend"
    assert not [one for one in run_checks() if one.id == "residents.E001"]
