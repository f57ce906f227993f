"""The admin of the office: what staff see of their communities, and the few things done here."""

from . import accounts, findings, logs, members, people, places

__all__ = ["accounts", "findings", "logs", "members", "people", "places"]
