"""Whoever is told no is also told what helps."""

import pytest

from residents.advice import ADVICE, advise
from residents.exceptions import Refusal


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_says_what_a_resident_can_do(refusal: Refusal) -> None:
    assert "请" in refusal.label + advise(refusal.value)


def test_no_advice_is_for_a_refusal_that_does_not_exist() -> None:
    assert set(ADVICE) <= set(Refusal.values)
