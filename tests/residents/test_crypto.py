import pytest
from django.test import override_settings

from residents.crypto import SealError, digest, seal, seal_bytes, unseal, unseal_bytes

KEY, NEXT_KEY = b"\1" * 32, b"\2" * 32
PLAIN, CONTEXT = "张三 𠮷", "table.column"

pytestmark = pytest.mark.usefixtures("one_key")


@pytest.fixture
def one_key(settings):
    settings.PII_KEYS = [KEY]
    settings.PII_DIGEST_KEY = b"\3" * 32


@pytest.mark.parametrize("plain", ["", "a", PLAIN, "0" * 10_000])
def test_a_sealed_text_opens(plain):
    assert unseal(seal(plain, context=CONTEXT), context=CONTEXT) == plain


@pytest.mark.parametrize("plain", [b"", b"\0\xff", b"0" * 100_000])
def test_sealed_bytes_open_and_cost_a_few_bytes_more(plain):
    sealed = seal_bytes(plain, context=CONTEXT)
    assert (unseal_bytes(sealed, context=CONTEXT), len(sealed)) == (plain, len(plain) + 34)


@pytest.mark.parametrize("place", [0, 7, 20, -1])
def test_changed_bytes_are_an_error(place):
    sealed = bytearray(seal_bytes(b"picture", context=CONTEXT))
    sealed[place] ^= 1
    with pytest.raises(SealError):
        unseal_bytes(bytes(sealed), context=CONTEXT)


@pytest.mark.parametrize("length", [0, 6, 18, 30])
def test_bytes_that_were_cut_are_an_error(length):
    with pytest.raises(SealError):
        unseal_bytes(seal_bytes(b"picture", context=CONTEXT)[:length], context=CONTEXT)


def test_bytes_of_another_context_are_an_error():
    with pytest.raises(SealError):
        unseal_bytes(seal_bytes(b"picture", context=CONTEXT), context="table.other")


def test_two_seals_of_one_text_differ():
    assert seal(PLAIN, context=CONTEXT) != seal(PLAIN, context=CONTEXT)


def test_a_former_key_still_opens():
    sealed = seal(PLAIN, context=CONTEXT)
    with override_settings(PII_KEYS=[NEXT_KEY, KEY]):
        assert unseal(sealed, context=CONTEXT) == PLAIN


def test_the_first_key_writes():
    with override_settings(PII_KEYS=[NEXT_KEY, KEY]):
        sealed = seal(PLAIN, context=CONTEXT)
    with override_settings(PII_KEYS=[NEXT_KEY]):
        assert unseal(sealed, context=CONTEXT) == PLAIN


def test_an_unknown_key_is_an_error():
    sealed = seal(PLAIN, context=CONTEXT)
    with override_settings(PII_KEYS=[NEXT_KEY]), pytest.raises(SealError, match="PII_KEYS"):
        unseal(sealed, context=CONTEXT)


def test_a_wrong_key_under_a_known_id_is_an_error():
    body = seal(PLAIN, context=CONTEXT).partition(".")[2]
    with override_settings(PII_KEYS=[NEXT_KEY]):
        key_id = seal(PLAIN, context=CONTEXT).partition(".")[0]
        with pytest.raises(SealError):
            unseal(f"{key_id}.{body}", context=CONTEXT)


def test_another_context_is_an_error():
    with pytest.raises(SealError):
        unseal(seal(PLAIN, context=CONTEXT), context="table.other")


def test_a_change_of_any_character_is_an_error():
    sealed = seal(PLAIN, context=CONTEXT)
    for place, character in enumerate(sealed):
        changed = sealed[:place] + ("A" if character != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(SealError):
            unseal(changed, context=CONTEXT)


@pytest.mark.parametrize(
    "text", ["", ".", "plain", "13800000001", "a.b", "密文", "a.密文", "aaaaaa.!!!!", "." * 50]
)
def test_malformed_text_is_an_error(text):
    with pytest.raises(SealError):
        unseal(text, context=CONTEXT)


def test_a_cut_text_is_an_error():
    sealed = seal(PLAIN, context=CONTEXT)
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            unseal(sealed[:length], context=CONTEXT)


def test_the_error_holds_no_value():
    with pytest.raises(SealError) as caught:
        unseal("13800000001", context="13800000001")
    assert "138" not in str(caught.value)


def test_a_digest_is_43_characters_of_base64url():
    assert len(digest(PLAIN)) == 43 and digest(PLAIN).replace("-", "").replace("_", "").isalnum()


def test_a_digest_is_equal_for_equal_input_only():
    assert digest("a", context="x") == digest("a", context="x")
    assert (
        len({digest("a", context="x"), digest("b", context="x"), digest("a", context="y"), digest("a")}) == 4
    )


def test_a_digest_depends_on_its_key():
    before = digest(PLAIN)
    with override_settings(PII_DIGEST_KEY=b"\4" * 32):
        assert digest(PLAIN) != before
