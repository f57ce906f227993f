"""Writes docs/openapi.yaml, the description of the API as it is served.

usage: python -m scripts.openapi
"""

import os
from pathlib import Path

import django

FILE = Path(__file__).resolve().parent.parent / "docs" / "openapi.yaml"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from residents.api.docs import written  # only now: it reads the settings

    FILE.write_bytes(written())
    print(f"已写入 {FILE}。")


if __name__ == "__main__":
    main()
