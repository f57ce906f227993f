"""Every rule that says no: its code, which clients rely on, its sentence, and the test that proves it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from residents.exceptions import Refusal, Refused
from tests import cast

BASE = Path(settings.BASE_DIR)
PRODUCT = ("config", "residents", "houses", "sync")

WHERE = (
    "houses/test_office", "houses/test_family", "houses/test_submissions", "sync/test_household",
    "residents/test_sms_code", "residents/test_sms_tencent", "residents/test_sign_in",
    "residents/test_wechat", "houses/household/test_photo", "houses/api/test_home", "houses/api/test_records",
)  # fmt: skip

# Code, an act of the office, the family or a link that raises it, and the test in which it does.
TABLE = [
    # Who asks
    ("not_found",         "any",               "staff_accounts_are_not_the_counters"),
    ("not_allowed",       "end",               "a_clerk_here_and_manager_there_acts_as_clerk_here"),
    ("account_locked",    "any",               "a_locked_account_does_nothing"),
    ("too_many",          "match",             "matching_has_a_daily_limit"),
    # What was typed
    ("invalid",           "draft",             "a_wrong_value_is_refused_with_a_sentence_for_it"),
    ("nothing_typed",     "submit",            "what_was_typed_and_stands_is_nothing_typed"),
    ("reason_missing",    "activate",          "without_a_reason_nothing_is_done"),
    ("stale",             "submit",            "what_changed_meanwhile_is_told_and_not_overwritten"),
    ("version_missing",   "any",               "without_a_version_nothing_is_written"),
    ("consent_missing",   "set_photo",         "without_the_separate_consent_no_photo_is_kept"),
    ("guardian_consent",  "submit",            "under_14_a_guardian_has_to_agree"),
    ("owner_role",        "draft",             "ownership_is_no_owners_to_give"),
    # A photo
    ("photo_unreadable",  "set_photo",         "what_is_no_picture_is_refused"),
    ("photo_format",      "set_photo",         "an_iphones_own_format_is_refused_with_what_helps"),
    ("photo_too_big",     "set_photo",         "a_file_of_more_than_ten_megabytes_is_refused"),
    ("photo_kept",        "set_photo",         "the_platforms_and_the_offices_photo_stay"),
    # A submission
    ("not_editable",      "draft",             "a_draft_that_waits_is_not_written_on"),
    ("not_waiting",       "approve",           "an_entry_is_decided_once"),
    # A membership
    ("ended",             "end",               "a_membership_ends_once"),
    ("not_ended",         "reopen",            "nobody_is_reopened_twice"),
    ("already_member",    "approve",           "a_member_is_not_attached_twice"),
    ("incomplete",        "activate",          "who_is_not_activated_at_the_counter"),
    ("already_activated", "activate",          "a_member_is_activated_once"),
    ("not_activated",     "set_nickname",      "before_the_activation_there_is_no_nickname"),
    ("self_managed",      "draft",             "who_manages_the_own_data_is_left_to_it"),
    ("claimed",           "claim",             "a_record_is_claimed_by_one"),
    ("not_claimed",       "release",           "a_record_is_released_by_who_has_it_and_once"),
    # A code by SMS
    ("sms_too_soon",      "issue",             "a_phone_gets_one_code_a_minute"),
    ("sms_too_many",      "issue",             "a_phone_gets_five_an_hour_and_ten_a_day"),
    ("sms_failed",        "send",              "what_tencent_refuses_is_not_sent"),
    ("code_wrong",        "use",               "a_wrong_code_is_counted_and_told"),
    ("code_dead",         "use",               "a_code_is_used_once"),
    ("wechat_wrong",      "openid",            "a_second_use_of_a_code_is_wechats_to_refuse"),
    ("wechat_failed",     "openid",            "without_an_app_nothing_is_asked"),
    ("staff_password",    "sign_in",           "an_sms_opens_no_workbench"),
    # Account and identity
    ("notice_missing",    "any",               "without_the_notice_it_is_said_what_is_owed"),
    ("phone_unverified",  "state_identity",    "without_a_verified_phone_nothing_is_asked_for"),
    ("phone_taken",       "change_phone",      "a_phone_of_another_account_is_not_given_away"),
    ("identity_missing",  "match",             "who_did_not_say_who_it_is_gets_nothing"),
    ("identity_stated",   "state_identity",    "an_account_says_once_who_it_is"),
    ("sync_too_soon",     "sync",              "once_a_minute"),
    ("identity_mismatch", "accept_invitation", "an_invitation_is_for_the_invited"),
    ("not_linked",        "unlink",            "an_account_is_unlinked_once"),
    # Binding
    ("link_blocked",      "confirm",           "a_shared_number_is_not_linked"),
    ("already_linked",    "confirm",           "an_account_is_one_person"),
    ("already_bound",     "apply_for",         "who_lives_there_does_not_apply"),
    ("already_asked",     "apply_for",         "an_application_is_made_once"),
    ("already_answered",  "answer",            "a_request_is_answered_once"),
    ("invitation_dead",   "accept_invitation", "an_invitation_is_used_once"),
    ("invitation_digits", "accept_invitation", "an_invitation_asks_for_the_last_six"),
    ("not_invitable",     "invite",            "nobody_invites_oneself"),
    ("unseen",            "invite",            "whom_one_fills_for_blindly_one_does_not_invite"),
    # Two records, findings, the house
    ("same_record",       "absorb",            "a_record_is_not_absorbed_into_itself"),
    ("already_absorbed",  "approve",           "a_record_that_is_gone_is_not_attached"),
    ("two_accounts",      "absorb",            "two_accounts_are_not_made_one"),
    ("already_settled",   "settle",            "a_finding_is_settled_once_by_whom_and_why"),
    ("no_suggestion",     "take_suggestion",   "without_a_suggestion_there_is_none_to_take"),
    ("number_unsettled",  "erase",             "nobody_is_erased_while_the_number_is_in_question"),
    ("too_many_rooms",    "create_rooms",      "no_more_than_a_tower_at_once"),
]  # fmt: skip

WHERE_PAGES = (
    "residents/views/test_login", "residents/views/test_verify_phone", "sync/test_household",
    *(f"houses/household/test_{name}" for name in (
        "add", "binding", "fill", "home", "identity", "invitation_pages", "member", "phone", "photo",
        "requests", "rights",
    )),
)  # fmt: skip

# What a household may hear, and the test in which a page tells it.
TOLD = [
    ("not_allowed",       "for_whom_one_does_not_manage_nobody_asks"),
    ("account_locked",    "a_locked_account_hears_it_after_the_right_code"),
    ("too_many",          "when_the_guesses_of_the_day_are_used_up_that_is_told"),
    ("nothing_typed",     "nothing_typed_is_not_handed_in"),
    ("reason_missing",    "a_dispute_says_what_is_wrong"),
    ("stale",             "what_moved_meanwhile_is_told_with_both_values"),
    ("consent_missing",   "without_the_consent_nothing_is_kept"),
    ("guardian_consent",  "of_a_child_the_guardian_is_asked"),
    ("photo_unreadable",  "a_refused_file_is_told_at_the_form"),
    ("photo_format",      "a_refused_file_is_told_at_the_form"),
    ("photo_too_big",     "a_refused_file_is_told_at_the_form"),
    ("photo_kept",        "a_photo_that_stays_is_not_replaced_by_a_post"),
    ("not_activated",     "without_activation_a_nickname_is_not_offered_and_refused"),
    ("self_managed",      "who_manages_the_own_data_is_not_invited"),
    ("sms_too_soon",      "too_often_is_told_as_such"),
    ("sms_too_many",      "a_fourth_code_within_an_hour_is_told_as_too_many"),
    ("sms_failed",        "what_could_not_be_sent_is_told_and_asked_for_again"),
    ("code_wrong",        "a_wrong_code_is_told_once_at_its_field"),
    ("code_dead",         "a_code_that_was_guessed_at_too_often_is_told_to_be_dead"),
    ("staff_password",    "a_colleague_is_led_to_the_password_after_the_right_code"),
    ("phone_taken",       "a_phone_of_another_account_is_refused_neutrally"),
    ("identity_stated",   "it_is_stated_once"),
    ("sync_too_soon",     "the_second_tap_within_a_minute_is_told_to_wait"),
    ("identity_mismatch", "somebody_elses_answer_shows_nothing_and_says_where_to_go"),
    ("link_blocked",      "while_the_number_is_in_question_the_office_is_named"),
    ("already_linked",    "a_person_who_has_an_account_gets_no_second_one"),
    ("already_bound",     "who_lives_there_does_not_apply"),
    ("already_asked",     "the_same_application_waits_once"),
    ("already_answered",  "a_request_is_answered_once"),
    ("invitation_dead",   "a_dead_link_is_told_alike_and_writes_nothing"),
    ("invitation_digits", "wrong_digits_are_counted_and_end_the_link"),
    ("not_invitable",     "nobody_invites_oneself"),
    ("unseen",            "whose_record_one_does_not_see_is_not_invited_and_the_office_is_named"),
]  # fmt: skip

# Told by what is shown: the way to what is missing, 没有找到, the fields, a form without the choice.
BY_THE_PAGE = {
    "not_found", "notice_missing", "phone_unverified", "identity_missing", "invalid", "owner_role",
    "not_editable",
}  # fmt: skip
BY_THE_PROGRAM = {"version_missing", "wechat_wrong", "wechat_failed"}
BY_THE_OFFICE = {
    "not_waiting", "ended", "not_ended", "already_member", "incomplete", "already_activated", "claimed",
    "not_claimed", "not_linked", "same_record", "already_absorbed", "two_accounts", "already_settled",
    "no_suggestion", "number_unsettled", "too_many_rooms",
}  # fmt: skip


@cache
def texts(modules: tuple[str, ...] = WHERE) -> dict[str, str]:
    """Each test of the lifecycle with its decorators: the code is a literal in it."""
    found: dict[str, str] = {}
    for module in modules:
        text = (BASE / "tests" / f"{module}.py").read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                found[node.name] = "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    return found


def used_in_the_product() -> Iterator[str]:
    for path in sorted(path for app in PRODUCT for path in (BASE / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Refusal":
                yield node.attr


def test_every_refusal_is_in_the_table_once() -> None:
    assert [code for code, *_ in TABLE] == Refusal.values


@pytest.mark.parametrize(("code", "act", "test"), TABLE, ids=[row[0] for row in TABLE])
def test_a_test_proves_it(code: str, act: str, test: str) -> None:
    assert f'"{code}"' in texts().get(f"test_{test}", "")


def test_every_refusal_is_told_by_somebody() -> None:
    groups = [[code for code, _ in TOLD], BY_THE_PAGE, BY_THE_PROGRAM, BY_THE_OFFICE]
    assert sorted(code for group in groups for code in group) == sorted(Refusal.values)


@pytest.mark.parametrize(("code", "test"), TOLD, ids=[code for code, _ in TOLD])
def test_a_page_tells_a_household_so(code: str, test: str) -> None:
    """Its sentence is a literal in the test of the page, or a part of it that no other has."""
    text, refusal = texts(WHERE_PAGES).get(f"test_{test}", ""), Refusal(code)
    parts = [part for part in re.findall(r"[\u4e00-\u9fff，。]{4,}", text) if part in refusal.label]
    own = [part for part in parts if sum(part in other.label for other in Refusal) == 1]
    assert f"Refusal.{refusal.name}" in text or own


def test_every_refusal_is_raised_by_a_rule() -> None:
    assert set(Refusal.names) - set(used_in_the_product()) == set()


@pytest.mark.parametrize("refusal", Refusal)
def test_a_sentence_is_one_chinese_sentence(refusal: Refusal) -> None:
    assert re.fullmatch(r"[\u4e00-\u9fff，、“” 0-9]+。", refusal.label)


@pytest.mark.parametrize("refusal", Refusal)
def test_a_sentence_names_nobody_and_carries_no_value(refusal: Refusal) -> None:
    """The only numbers in it are rules: 14 years, 2000 rooms."""
    people = [one["people_house_name"] for one in (cast.ZHOU, cast.LI, cast.XIAO)]
    assert not any(name in refusal.label for name in people)
    assert set(re.findall(r"[0-9]+", refusal.label)) <= {"14", "2000"}


def test_sentences_differ_so_that_a_person_can_tell_them_apart() -> None:
    assert len(set(Refusal.labels)) == len(Refusal.labels)


def test_what_is_refused_carries_code_sentence_and_fields() -> None:
    told = Refused(Refusal.INVALID, {"name": "请填写姓名。"})
    assert (told.code, told.sentence) == ("invalid", "有内容填写有误，请按提示修改。")
    assert (told.fields, str(told)) == ({"name": "请填写姓名。"}, "invalid")


# The neutral ones: whoever hears them must not learn whether somebody lives there (domain.md).
NEUTRAL = [
    "not_found",
    "identity_mismatch",
    "invitation_dead",
    "link_blocked",
    "already_linked",
    "phone_taken",
]


@pytest.mark.parametrize("code", NEUTRAL)
def test_a_neutral_sentence_tells_nothing_of_others(code: str) -> None:
    label = Refusal(code).label
    assert not re.search("他人|别人|另一|已被|已有|业主|租客|住", label)
