"""Whoever is told no is also told what helps."""

import pytest

from residents.advice import ADVICE, advise, advised
from residents.exceptions import Refusal, Refused


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_says_what_a_resident_can_do(refusal: Refusal) -> None:
    assert "请" in refusal.label + advise(refusal.value)


def test_no_advice_is_for_a_refusal_that_does_not_exist() -> None:
    assert set(ADVICE) <= set(Refusal.values)


def test_a_refusal_is_told_with_its_fields_and_what_helps() -> None:
    refused = Refused(Refusal.NOTHING_TYPED, {"phone": "请输入 11 位手机号。"})
    assert advised(refused) == "没有需要提交的内容。请输入 11 位手机号。请至少填写或修改一项再提交。"
