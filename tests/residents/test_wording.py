"""Values as a person reads them: nothing sealed in full."""

from datetime import date

import pytest

from residents.models import Resident
from residents.wording import in_words

ID = "110105198001010019"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "老周", "老周"),
        ("name", "", "—"),
        ("sex", 1, "男"),
        ("sex", None, "—"),
        ("ethnicity", "02", "蒙古族"),
        ("birth_date", date(1980, 1, 1), "1980 年"),
        ("id_number", ID, "1****************9"),
        ("phone", "13800000001", "138****0001"),
        ("photo_url", "https://tc.example/x.png", "已登记"),
        ("contact", "some-key", "已登记"),
        ("is_veteran", False, "否"),
        ("is_petitioner", True, "是"),
        ("employer", f"单位 {ID}", "单位 1****************9"),
    ],
)
def test_a_value_is_told_in_words(field: str, value: object, words: str) -> None:
    assert in_words(Resident._meta.get_field(field), value) == words
