"""One merge for one answer and for many: the number of statements does not grow with the set."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync.books import Asked
from sync.engine import answer_digest
from sync.merge import merge
from sync.schemas import read_answer
from sync.simulator import community


def asked(phone: str) -> Asked:
    data = community.answer(phone)
    return Asked(phone, read_answer(data, phone=phone), answer_digest(data))


def statements(phones: list[str]) -> int:
    answers = [asked(phone) for phone in phones]
    with CaptureQueriesContext(connection) as queries:
        merge(answers)
    return len(queries)


@pytest.mark.django_db
def test_a_set_of_forty_new_households_takes_no_more_statements_than_one() -> None:
    one = statements(community.PHONES[:1])
    assert statements(community.PHONES[100:140]) <= one + 12


@pytest.mark.django_db
def test_reading_forty_known_households_again_takes_no_more_statements_than_one() -> None:
    merge([asked(phone) for phone in community.PHONES[:60]])
    one = statements(community.PHONES[:1])
    assert statements(community.PHONES[20:60]) <= one + 4
