"""Measurements. They run outside of the tests, so Django is set up here, before any of them is imported."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
