"""The platform's answer, read into typed records (interface document, 1.1.2 and appendix).

The only place with wire names. Every spelling that has one meaning is accepted;
what has none is refused (`AnswerError`), and a code that the document does not know
becomes `Unknown`: the field stays empty and a finding shows what came.
Nothing is refused for its quality and nothing is corrected: see `residents.checks`.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from django.db.models import IntegerChoices
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from houses import addresses
from houses.choices import HouseholdType, HouseUse, Occupancy, Ownership, Role
from residents import id_numbers
from residents.choices import PoliticalStatus, Sex, ethnicity_code
from residents.masking import is_masked
from residents.validators import normalise_phone

from .exceptions import AnswerError

MAX_HOUSES = 50
MAX_MEMBERS = 100

# Words with which a platform fills a field that it knows nothing about.
NULL_TEXTS = ("", "null", "none", "nil", "undefined", "n/a", "-", "--", "—", "/")
NULL_WORDS = frozenset([*NULL_TEXTS, "无", "暂无", "未知", "不详", "空", "0000-00-00", "1900-01-01"])

NO_DATE = date(1900, 1, 1)  # what a database holds where a date was never given

SHANGHAI = ZoneInfo("Asia/Shanghai")

_HAN_OR_LATIN = re.compile("[〇\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffffA-Za-zÀ-ɏ]")
_MARKUP = re.compile(r"[<>{}]")
_INTEGER = re.compile(r"(\d{1,9})(?:\.0+)?")
_ZONED = re.compile(r"[T ].*(?:Z|[+-]\d{2}:?\d{2})$")
_DATE = re.compile(
    r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))(?:[T ].*)?"
)


@dataclass(frozen=True)
class Unknown:
    """A code, date or number that the document gives no meaning; `raw` is shown to staff."""

    raw: str


# -- readers: one a kind of field -------------------------------------------------------


def plain_text(value: Any, longest: int) -> str | None:
    """A text as it came, blanks at its ends and invisible characters aside; None for nothing."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("not a text")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if any(_forbidden(ch) for ch in str(value)):
        raise ValueError("a character that no text has")
    text = re.sub(r"\s+", " ", "".join(ch for ch in str(value) if unicodedata.category(ch) != "Cf")).strip()
    if text.lower() in NULL_WORDS:
        return None
    if len(text) > longest:
        raise ValueError("too long")
    return text


def _forbidden(ch: str) -> bool:
    """Control characters, lone surrogates, and the mark of a decoding that failed upstream."""
    return ch == "\ufffd" or (unicodedata.category(ch) in {"Cc", "Cs"} and ch not in "\t\r\n")


def text(longest: int) -> BeforeValidator:
    return BeforeValidator(lambda value: plain_text(value, longest))


def read_name(value: Any) -> str | None:
    """A name has a Han or Latin letter: bytes of another encoding that pass for UTF-8 have none."""
    name = plain_text(value, 50)
    if name and not _HAN_OR_LATIN.search(name) and not _MARKUP.search(name):
        raise ValueError("not a name")
    return name


def read_photo(value: Any) -> str | None:
    """The document's sample escapes the slashes of the photo's address twice."""
    url = plain_text(value, 2000)
    return url.replace("\\/", "/") if url else url


def read_integer(value: Any) -> int | str | None:
    """An integer in any spelling, None for nothing, else the text that came."""
    came = plain_text(value, 100)
    if came is None:
        return None
    folded = unicodedata.normalize("NFKC", came).replace(" ", "")
    match = _INTEGER.fullmatch(folded)
    return int(match[1]) if match and folded.isascii() else came


def code(table: type[IntegerChoices]) -> BeforeValidator:
    def read(value: Any) -> int | Unknown | None:
        number = read_integer(value)
        return number if number is None or number in table.values else Unknown(str(number))

    return BeforeValidator(read)


def read_flag(value: Any) -> bool | Unknown | None:
    number = read_integer(value)
    return bool(number) if number in (0, 1) else None if number is None else Unknown(str(number))


def read_ethnicity(value: Any) -> str | Unknown | None:
    number = read_integer(value)
    if number is None:
        return None
    return ethnicity_code(str(number)) or Unknown(str(number))


def read_date(value: Any) -> date | Unknown | None:
    came = plain_text(value, 100)
    if came is None:
        return None
    folded = unicodedata.normalize("NFKC", came)
    if folded.startswith("0000"):
        return None
    read = _zoned_date(folded) if _ZONED.search(folded) else _calendar_date(folded)
    return Unknown(came) if read is None else None if read == NO_DATE else read


def _zoned_date(came: str) -> date | None:
    """A moment with its zone is the day that it was in Shanghai."""
    try:
        return datetime.fromisoformat(came).astimezone(SHANGHAI).date()
    except (ValueError, OverflowError):
        return None


def _calendar_date(came: str) -> date | None:
    match = _DATE.fullmatch(came)
    if not match:
        return None
    year, month, day = (int(part) for part in match.groups() if part)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_id_number(value: Any) -> str | Unknown | None:
    """As it came, folded; a JSON number only where its check character proves it was not rounded."""
    if isinstance(value, int) and not isinstance(value, bool) and not id_numbers.is_valid(str(value)):
        raise ValueError("an ID number that was rounded on its way")
    if isinstance(value, float):
        raise ValueError("an ID number that was rounded on its way")
    came = plain_text(value, 60)
    if came is None:
        return None
    if is_masked(came):
        return Unknown(came)
    number = id_numbers.normalise(came)
    if len(number) > 30:
        raise ValueError("too long")
    return number


def read_phone(value: Any) -> str | None:
    """What is not a phone counts as absent: the document describes a photo in this row."""
    try:
        return normalise_phone(plain_text(value, 100) or "") or None
    except ValueError:
        return None


def address_part(part: str) -> BeforeValidator:
    def read(value: Any) -> str:
        folded = addresses.fold(part, plain_text(value, 60) or "")
        if len(folded) > 30:
            raise ValueError("too long")
        return folded

    return BeforeValidator(read)


def rows(value: Any, most: int) -> list[Any]:
    """A list; nothing, in PHP's spellings; or PHP's list with gaps, an object of numbered rows."""
    if value is None or value == "" or value == {}:
        return []
    if isinstance(value, dict) and all(key.isdigit() for key in value):
        value = list(value.values())
    if not isinstance(value, list):
        raise ValueError("not a list")
    if len(value) > most:
        raise AnswerError("too-many")
    return value


# -- records -----------------------------------------------------------------------------

Name = Annotated[str | None, BeforeValidator(read_name)]
IdNumber = Annotated[Any, BeforeValidator(read_id_number)]


class Record(BaseModel):
    """A row of the wire under our names. Errors never show what came."""

    model_config = ConfigDict(hide_input_in_errors=True, extra="ignore", frozen=True)

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Nothing of the answer in a traceback or a log."""
        return []

    def known(self, fields: tuple[str, ...]) -> dict[str, Any]:
        """What was told, field by field; what the row is silent about is left out."""
        told = {field: getattr(self, field) for field in fields if field in self.model_fields_set}
        return {field: value for field, value in told.items() if value not in (None, "")}


class Member(Record):
    """A row of `members`: a name, an ID number and a role."""

    id_number: IdNumber = Field(None, alias="people_idcard")
    name: Name = Field(None, alias="people_house_name")
    role: Annotated[Any, code(Role)] = Field(None, alias="people_house_role")

    @property
    def number(self) -> str:
        return self.id_number if isinstance(self.id_number, str) else ""

    @property
    def is_empty(self) -> bool:
        """A placeholder: it says nothing at all."""
        return not (self.name or self.id_number) and self.role is None


class Dwelling(Record):
    """A row of `houses`. `members` is None where the row is silent about them."""

    platform_code: Annotated[str, address_part("platform_code")] = Field(alias="xiaoqu", min_length=1)
    building: Annotated[str, address_part("building")] = Field(alias="louhao")
    unit: Annotated[str, address_part("unit")] = Field("", alias="danyuan")
    floor: Annotated[str, address_part("floor")] = Field("", alias="louceng")
    room: Annotated[str, address_part("room")] = Field(alias="fangjian", min_length=1)
    use: Annotated[Any, code(HouseUse)] = Field(None, alias="people_house_use")
    ownership: Annotated[Any, code(Ownership)] = Field(None, alias="people_house_xingzhi")
    occupancy: Annotated[Any, code(Occupancy)] = Field(None, alias="people_house_status")
    role: Annotated[Any, code(Role)] = Field(None, alias="people_house_role")
    household_type: Annotated[Any, code(HouseholdType)] = Field(None, alias="people_house_type")
    members: Annotated[list[Member] | None, BeforeValidator(lambda value: rows(value, MAX_MEMBERS))] = None


class Answer(Record):
    """One phone's answer: a person, the person's houses, the members of each."""

    name: Name = Field(None, alias="people_name")
    sex: Annotated[Any, code(Sex)] = Field(None, alias="people_sex")
    ethnicity: Annotated[Any, BeforeValidator(read_ethnicity)] = Field(None, alias="people_nation")
    birth_date: Annotated[Any, BeforeValidator(read_date)] = Field(None, alias="people_birth")
    registered_address: Annotated[str | None, text(200)] = Field(None, alias="people_address")
    id_number: IdNumber = Field(None, alias="people_idcard")
    phone: Annotated[str | None, BeforeValidator(read_phone)] = Field(None, alias="people_phone")
    photo_url: Annotated[str | None, BeforeValidator(read_photo)] = Field(None, alias="people_photo")
    political_status: Annotated[Any, code(PoliticalStatus)] = Field(None, alias="people_zhengzhimianmao")
    is_veteran: Annotated[Any, BeforeValidator(read_flag)] = Field(None, alias="people_tuiyijunren")
    is_low_income: Annotated[Any, BeforeValidator(read_flag)] = Field(None, alias="people_dibao")
    is_petitioner: Annotated[Any, BeforeValidator(read_flag)] = Field(None, alias="people_shangfang")
    job_title: Annotated[str | None, text(100)] = Field(None, alias="job_name")
    employer: Annotated[str | None, text(100)] = Field(None, alias="company_name")
    houses: Annotated[list[Dwelling], BeforeValidator(lambda value: rows(value, MAX_HOUSES))]

    @property
    def number(self) -> str:
        return self.id_number if isinstance(self.id_number, str) else ""


def read_answer(data: object, *, phone: str) -> Answer:
    """Read the `data` of an answer to a question about `phone`.

    Raises AnswerError: `shape` (what has no meaning), `too-many`, `wrong-subject`
    (the answer is about another phone: nothing of it may be stored).
    """
    answer = _validated(data)
    if answer.phone not in (None, phone):
        raise AnswerError("wrong-subject")
    nobody = not answer.name and not answer.number
    rows_ = [row for home in answer.houses for row in home.members or [] if not row.is_empty]
    nameless = any(not row.name and not row.number for row in rows_)
    if nobody or nameless:
        raise AnswerError("shape")
    return answer.model_copy(update={"phone": phone})


def _validated(data: object) -> Answer:
    try:
        return Answer.model_validate(data)
    except ValidationError:
        raise AnswerError("shape") from None
