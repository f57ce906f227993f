"""What one person's record shows by itself: pure functions, each returns problems.

Data from the platform is flagged, never refused for its quality and never corrected.
Sentences carry no ID number and no phone.
"""

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import id_numbers
from .choices import GB_11643
from .models.resident import Resident
from .upstream import Said, blank


@dataclass(frozen=True)
class Problem:
    """One thing that a person must look at.

    `inputs` are the values that the check looked at (a waiver holds while they stay);
    `suggestion` is `{"field", "value"}` where the data itself gives one.
    """

    code: str
    sentence: str
    field: str = ""
    inputs: Any = None
    suggestion: dict[str, Any] | None = None
    evidence: dict[str, Any] = dataclasses.field(default_factory=dict)


def id_checksum(resident: Resident) -> Iterator[Problem]:
    number = resident.id_number
    if not number or resident.id_type not in GB_11643 or id_numbers.is_old_15(number):
        return
    if not id_numbers.is_valid(number):
        yield Problem("id_checksum", _checksum_sentence(number), "id_number", inputs=number)


def _checksum_sentence(number: str) -> str:
    if not re.fullmatch("[0-9]{17}[0-9A-Z]", number):
        return "证件号码不是 18 位。"
    expected = id_numbers.check_character(number[:17])
    if number[17] != expected:
        return f"证件号码的末位应为 {expected}，与号码不符。"
    return "证件号码中的出生日期不成立。"


def id_birth_mismatch(resident: Resident) -> Iterator[Problem]:
    born, stated = resident.birth_date, id_numbers.stated_birth(resident.id_number)
    if born and stated and born != stated:
        yield Problem(
            "id_birth_mismatch",
            "证件号码中的出生日期与登记的出生日期不同。",
            "birth_date",
            inputs=[resident.id_number, born.isoformat()],
        )


def id_sex_mismatch(resident: Resident) -> Iterator[Problem]:
    stated = id_numbers.stated_sex(resident.id_number)
    if resident.sex and stated and resident.sex != stated:
        yield Problem(
            "id_sex_mismatch",
            "证件号码中的性别与登记的性别不同。",
            "sex",
            inputs=[resident.id_number, resident.sex],
        )


def id_old_15(resident: Resident) -> Iterator[Problem]:
    if id_numbers.is_old_15(resident.id_number):
        yield Problem(
            "id_old_15", "证件号码是 15 位旧号，请核对新证件。", "id_number", inputs=resident.id_number
        )


def phone_moved(resident: Resident) -> Iterator[Problem]:
    said = resident.said.get("phone")
    if said and said.moved and resident.phone and resident.phone == said.value:
        yield Problem(
            "phone_moved",
            "平台上这个手机号已换成另一个人，请核对联系电话。",
            "phone",
            inputs=[said.value, said.moved],
        )


def platform_conflict(record: Any) -> Iterator[Problem]:
    """Two values to choose from: any record that keeps `upstream`.

    Both sides changed the value, or a record that proved to be the same person had another one.
    """
    for name, said in record.said.with_any("conflict", "absorbed"):
        if not hasattr(record, name):
            continue
        label = record._meta.get_field(name).verbose_name
        ours, theirs = getattr(record, name), record.upstream[name].get("value")
        if said.conflict and ours != said.value:
            yield _choice(name, f"{label}：平台的值与我方的值都有改动，请选择采用哪一个。", theirs)
        elif not blank(said.absorbed) and str(ours) != str(said.absorbed):
            yield _choice(name, f"{label}：合并的两份资料不同，请选择采用哪一个。", said.absorbed)


def _choice(name: str, sentence: str, other: Any) -> Problem:
    suggestion = {"field": name, "value": other}
    return Problem("platform_conflict", sentence, name, inputs=str(other), suggestion=suggestion)


def unknown_code(record: Any) -> Iterator[Problem]:
    """The platform sent a code that the document does not know: any record that keeps `upstream`."""
    for name, said in record.said.with_any("raw"):
        if not hasattr(record, name) or _answered(record, name, said):
            continue
        label = record._meta.get_field(name).verbose_name
        yield Problem(
            "unknown_code",
            f"{label}：平台给出的内容不在代码表中，请核对后填写。",
            name,
            inputs=said.raw,
            evidence={"raw": said.raw},
        )


def _answered(record: Any, name: str, said: Said) -> bool:
    """Whether a person here, or the platform before, gave the value that the code does not."""
    value = getattr(record, name)
    read_off = isinstance(record, Resident) and record.read_off_number(name)
    return not (blank(value) or read_off or value == said.value)


CHECKS = (
    id_checksum,
    id_birth_mismatch,
    id_sex_mismatch,
    id_old_15,
    phone_moved,
    platform_conflict,
    unknown_code,
)
