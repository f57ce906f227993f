"""Dates as the office writes them."""
