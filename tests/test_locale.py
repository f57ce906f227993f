"""Our own translation: complete, and compiled from what is written."""

from pathlib import Path

import polib
import pytest
from django.conf import settings

MESSAGES = Path(settings.BASE_DIR) / "locale" / "zh_Hans" / "LC_MESSAGES"
WRITTEN = polib.pofile(str(MESSAGES / "django.po"))


def test_every_text_is_translated() -> None:
    assert [entry.msgid for entry in WRITTEN if not entry.translated()] == []


def test_what_is_compiled_is_what_is_written() -> None:
    compiled = polib.mofile(str(MESSAGES / "django.mo"))
    told = [
        {entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in file} for file in (WRITTEN, compiled)
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("entry", [e for e in WRITTEN if "%(" in e.msgid], ids=lambda entry: entry.msgid[:20])
def test_a_translation_fills_in_the_same_values(entry: polib.POEntry) -> None:
    for part in ("%(name)s", "%(counter)s", "%(time)s"):
        told = entry.msgstr or entry.msgstr_plural[0]
        assert (part in entry.msgid) is (part in told)
