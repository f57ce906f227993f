"""Dwellings, who lives in them, and what a person must look at."""

from .finding import Finding
from .membership import Membership
from .place import Community, House

__all__ = ["Community", "Finding", "House", "Membership"]
