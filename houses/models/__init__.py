"""Dwellings, who lives in them, what a person must look at, and who of the office may do so."""

from .finding import Finding
from .membership import Membership
from .place import Community, House
from .role import StaffRole

__all__ = ["Community", "Finding", "House", "Membership", "StaffRole"]
