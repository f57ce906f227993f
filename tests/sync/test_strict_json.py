"""Section C2 of the fault catalogue: what is JSON here and what is not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.exceptions import AnswerError
from sync.strict_json import decode, decode_text

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18) + 1, 10**18 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def cause(body):
    with pytest.raises(AnswerError) as caught:
        decode(body)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.cause


@pytest.mark.parametrize(
    ("row", "body", "expected"),
    [
        ("J3", "张三".encode("gb18030"), "not-utf8"),
        ("J4", b'"\xff"', "not-utf8"),
        ("J4", b'"\xed\xa0\x80"', "not-utf8"),
        ("J5", b"<b>Notice</b>{}", "not-json"),
        ("J5", b"{} <!-- -->", "not-json"),
        ("J5", b"{}{}", "not-json"),
        ("J8", b'{"a": 1, "a": 1}', "duplicate"),
        ("J8", b'{"a": [{"b": 1, "\\u0062": 2}]}', "duplicate"),
        ("J9", b"[NaN]", "not-json"),
        ("J9", b"-Infinity", "not-json"),
        ("J9", b"[1e999]", "not-json"),
        ("J10", b"1" * 19, "shape"),
        ("J10", b"-" + b"1" * 19, "shape"),
        ("J10", b"1" * 5000, "shape"),
        ("J11", b"[" * 13 + b"]" * 13, "shape"),
        ("J11", b"[" * 200_000 + b"]" * 200_000, "shape"),
        ("J11", b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "shape"),
        ("J12", b'"\x00"', "not-json"),
        ("J12", b'"\n"', "not-json"),
        ("J17", b"callback({})", "not-json"),
        ("J17", b"{'a': 1}", "not-json"),
        ("J17", b"[1,]", "not-json"),
        ("", b"", "not-json"),
        ("", b"01", "not-json"),
        ("", b'"open', "not-json"),
        ("J2", b"\xef\xbb\xbf\xef\xbb\xbf{}", "not-json"),
    ],
)
def test_what_has_two_readings_is_refused(row, body, expected):
    assert cause(body) == expected


@pytest.mark.parametrize(
    ("row", "body", "value"),
    [
        ("J2", b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ("J7", rb'"https:\/\/a"', "https://a"),
        ("J7", rb'"https:\\/\\/a"', r"https:\/\/a"),
        ("J10", b"9" * 18, 10**18 - 1),
        ("J11", b"[" * 12 + b"]" * 12, [[[[[[[[[[[[]]]]]]]]]]]]),
        ("J11", b'"' + b"[" * 100 + b'"', "[" * 100),
        ("J11", rb'"\"[[[[[[[[[[[[[["', '"[[[[[[[[[[[[[['),
        ("J14", '"𠮷㛃·"'.encode(), "𠮷㛃·"),
        ("J15", b"null", None),
        ("J5", b" \r\n\t{} \n", {}),
    ],
)
def test_what_has_one_reading_is_read(row, body, value):
    assert decode(body) == value


def test_j6_the_text_inside_a_text_may_carry_a_byte_order_mark():
    assert decode_text('\ufeff{"a": 1}') == {"a": 1}


def test_a_text_full_of_escaped_quotes_is_read_in_linear_time():
    assert cause(b'"' + rb"\"" * 500_000) == "not-json"


@given(PLAIN)
def test_whatever_the_standard_library_writes_is_read_back(value):
    assert decode(json.dumps(value).encode()) == value


@given(st.binary(max_size=40))
def test_any_bytes_are_a_value_or_an_answer_error(body):
    try:
        decode(body)
    except AnswerError:
        return
