"""Dwellings, who lives in them, what a person must look at, and who of the office may do so."""

from .finding import Finding
from .invitation import Guesses, Invitation
from .membership import Membership
from .place import Community, House
from .request import Request
from .role import StaffRole
from .submission import Submission

__all__ = [
    "Community",
    "Finding",
    "Guesses",
    "House",
    "Invitation",
    "Membership",
    "Request",
    "StaffRole",
    "Submission",
]
