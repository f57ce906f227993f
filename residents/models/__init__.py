"""People, who may log in, what they agreed to, and who saw whom."""

from .access import AccessLog, Attempt, Tombstone
from .account import User
from .consent import Consent
from .numbers import NumberLock
from .resident import Absorbed, Resident

__all__ = ["Absorbed", "AccessLog", "Attempt", "Consent", "NumberLock", "Resident", "Tombstone", "User"]
