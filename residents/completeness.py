"""What a complete 一标三实 record needs, and what is still missing (domain.md, Two axes, one status)."""

from .choices import IdType
from .models.resident import Resident

LABELS = {
    "name": "姓名",
    "id_number": "证件号码",
    "sex": "性别",
    "birth_date": "出生日期",
    "ethnicity": "民族",
    "registered_address": "户籍地址",
    "political_status": "政治面貌",
    "is_veteran": "是否退役军人",
    "is_low_income": "是否低保",
    "contact_phone": "联系电话",
}

# Under this age nobody is asked for political status or military service.
ADULT_QUESTIONS_AGE = 16

# What does not exist on other documents than the resident identity card.
_NOT_OWED = {
    IdType.HMT_RESIDENCE: {"ethnicity", "registered_address", "political_status"},
    IdType.FOREIGN_PERMANENT: {"ethnicity", "registered_address", "political_status"},
    IdType.PASSPORT: {"ethnicity", "registered_address", "political_status"},
    IdType.HMT_PASS: {"ethnicity", "registered_address", "political_status"},
    IdType.NONE: {"id_number", "registered_address"},
}


def required_fields(resident: Resident) -> list[str]:
    """Names of the fields this person's record owes; `contact_phone` is the own or the contact's."""
    not_owed = set(_NOT_OWED.get(IdType(resident.id_type), ()))
    age = resident.age()
    if age is not None and age < ADULT_QUESTIONS_AGE:
        not_owed |= {"political_status", "is_veteran"}
    return [field for field in LABELS if field not in not_owed]


def missing_fields(resident: Resident) -> list[str]:
    """The required fields that are still unknown."""
    return [field for field in required_fields(resident) if _unknown(resident, field)]


def missing(resident: Resident) -> list[str]:
    """The same in Chinese (还差：…)."""
    return [LABELS[field] for field in missing_fields(resident)]


def is_complete(resident: Resident) -> bool:
    return not any(_unknown(resident, field) for field in required_fields(resident))


def _unknown(resident: Resident, field: str) -> bool:
    if field == "contact_phone":
        contact = resident.contact
        return not (resident.phone or (contact and contact.phone))
    return getattr(resident, field) in (None, "")
