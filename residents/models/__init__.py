"""People, who may log in, what they agreed to, and who saw whom."""

from .access import AccessLog, Attempt, Tombstone
from .account import User
from .consent import Consent
from .device import Device
from .numbers import NumberLock
from .photo import Photo
from .resident import Absorbed, Resident
from .sms_code import SmsCode, SmsLock

__all__ = [
    "Absorbed",
    "AccessLog",
    "Attempt",
    "Consent",
    "Device",
    "NumberLock",
    "Photo",
    "Resident",
    "SmsCode",
    "SmsLock",
    "Tombstone",
    "User",
]
