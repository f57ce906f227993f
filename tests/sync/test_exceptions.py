"""The error tree: one cause, one sentence, nothing of the platform's."""

import pickle

import pytest

from sync import exceptions
from sync.exceptions import SENTENCES, AnswerError, SyncError

FAMILIES = SyncError.__subclasses__()


def test_every_cause_belongs_to_one_family():
    causes = [cause for family in FAMILIES for cause in family.causes]
    assert sorted(causes) == sorted(SENTENCES)


def test_the_tree_in_the_docstring_is_the_tree():
    for family in FAMILIES:
        [line] = [line for line in exceptions.__doc__.splitlines() if f" {family.__name__} " in line]
        assert set(line.split()[2:]) == family.causes


@pytest.mark.parametrize("cause", SENTENCES)
def test_every_cause_has_one_chinese_sentence(cause):
    assert SENTENCES[cause].count("。") == 1 and SENTENCES[cause].endswith("。")


def test_an_error_is_its_cause_and_its_sentence():
    error = AnswerError("shape")
    assert (error.cause, error.attempts, str(error)) == ("shape", 0, f"shape: {SENTENCES['shape']}")


def test_a_cause_of_another_family_is_refused():
    with pytest.raises(ValueError):
        AnswerError("deadline")


def test_an_error_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(AnswerError("shape", 3)))
    assert (error.cause, error.attempts) == ("shape", 3)
