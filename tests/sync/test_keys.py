"""A wrong key stops the sync before anything is written (faults X12); an old key still reads."""

from residents.models import Resident
from tests.cast import LI, ZHOU_ID, ZHOU_PHONE, zhous

OTHER_KEY = b"k" * 32


def test_another_sealing_key_stops_before_the_first_write(sync, settings) -> None:
    sync(ZHOU_PHONE, zhous())
    before = settings.PII_KEYS
    settings.PII_KEYS = [OTHER_KEY]
    outcome = sync(ZHOU_PHONE, zhous(LI))
    settings.PII_KEYS = before
    assert (outcome.outcome, outcome.cause, Resident.objects.count()) == ("failed", "keys", 1)


def test_another_digest_key_makes_no_second_copy_of_a_household(sync, settings) -> None:
    sync(ZHOU_PHONE, zhous())
    before = settings.PII_DIGEST_KEY
    settings.PII_DIGEST_KEY = OTHER_KEY
    outcome = sync(ZHOU_PHONE, zhous(LI))
    settings.PII_DIGEST_KEY = before
    assert (outcome.outcome, outcome.cause, Resident.objects.count()) == ("failed", "keys", 1)


def test_a_new_first_key_reads_what_the_old_one_wrote(sync, settings) -> None:
    sync(ZHOU_PHONE, zhous())
    settings.PII_KEYS = [OTHER_KEY, *settings.PII_KEYS]
    assert sync(ZHOU_PHONE, zhous(LI)).outcome == "updated"
    assert Resident.objects.get(name="老周").id_number == ZHOU_ID
