"""People, and who may log in."""

from .access import Tombstone
from .account import User
from .resident import Resident

__all__ = ["Resident", "Tombstone", "User"]
