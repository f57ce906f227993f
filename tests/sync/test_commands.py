"""`sync_phone` and `sync_phones` as an office's scripts meet them (contract.md)."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from residents.models import Resident
from sync.models import SyncItem, SyncRun
from tests.cast import CHEN_PHONE, LI, LI_PHONE, WANG_PHONE, ZHOU_PHONE, lis, zhous

# The tests' SQLite lies in memory, where two threads at one table are refused at once, not made to wait.
ALONE = ("--concurrency", "1")


def run(*args: str) -> dict:
    out = io.StringIO()
    call_command(*args, "--json", stdout=out, stderr=io.StringIO())
    (line,) = out.getvalue().splitlines()
    return json.loads(line)


def status_of(*args: str) -> tuple[int, str]:
    """Exit status and the sentence of a command that refuses."""
    with pytest.raises(CommandError) as refusal:
        call_command(*args, stdout=io.StringIO(), stderr=io.StringIO())
    return refusal.value.returncode, str(refusal.value)


def file_of(folder: Path, *lines: str) -> str:
    path = folder / "phones.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def _households(platform) -> None:
    platform.answers[ZHOU_PHONE] = zhous(LI)
    platform.answers[LI_PHONE] = lis()
    platform.faults[CHEN_PHONE] = "t14-500"


def test_sync_phone_prints_the_line_of_the_contract() -> None:
    assert run("sync_phone", ZHOU_PHONE) == {
        "phone": "138****0001",
        "outcome": "created",
        "cause": None,
        "attempts": 1,
        "residents": {"created": 2, "updated": 0, "unchanged": 0},
        "houses": {"created": 1, "updated": 0, "unchanged": 0},
        "memberships": {"created": 2, "updated": 0, "unchanged": 0},
        "fields_updated": 0,
        "conflicts": 0,
        "findings": ["unknown_community"],
    }


def test_fields_updated_counts_values_on_rows_that_existed(platform) -> None:
    run("sync_phone", ZHOU_PHONE)
    platform.answers[ZHOU_PHONE] = zhous(LI, job_name="医生", company_name="第一医院")
    line = run("sync_phone", ZHOU_PHONE)
    assert (line["outcome"], line["fields_updated"], line["residents"]["updated"]) == ("updated", 2, 1)


def test_a_conflict_is_an_update_and_is_counted(platform) -> None:
    run("sync_phone", ZHOU_PHONE)
    zhou = Resident.objects.get(name="老周")
    zhou.job_title = "校长"
    zhou.save()
    platform.answers[ZHOU_PHONE] = zhous(LI, job_name="医生")
    line = run("sync_phone", ZHOU_PHONE)
    assert (line["outcome"], line["conflicts"], line["fields_updated"]) == ("updated", 1, 0)
    assert "platform_conflict" in line["findings"]
    assert Resident.objects.get(name="老周").job_title == "校长"


def test_an_unknown_phone_is_not_found() -> None:
    assert run("sync_phone", "13999999999")["outcome"] == "not_found"


def test_a_failure_has_its_cause_and_status_1() -> None:
    code, sentence = status_of("sync_phone", CHEN_PHONE)
    assert (code, SyncItem.objects.get().cause) == (1, "unavailable")
    assert "安防平台" in sentence


@pytest.mark.parametrize("phone", ["", "123", "abc", "138000000011"])
def test_a_bad_phone_is_one_sentence_and_status_2(phone) -> None:
    assert status_of("sync_phone", phone) == (2, "请输入 11 位手机号。")


def test_each_phone_leaves_a_run_that_staff_can_read() -> None:
    run("sync_phone", ZHOU_PHONE)
    assert SyncRun.objects.values_list("status", flat=True).get() == "done"
    assert SyncItem.objects.values_list("outcome", "cause", "attempts").get() == ("created", "", 1)


@pytest.mark.django_db(transaction=True)
class TestMany:
    def test_a_file_of_phones_ends_with_one_line(self, tmp_path) -> None:
        line = run(
            "sync_phones", *ALONE, file_of(tmp_path, ZHOU_PHONE, "", f" {LI_PHONE} ", ZHOU_PHONE, WANG_PHONE)
        )
        assert (line["total"], line["not_found"], line["failed"], line["causes"]) == (3, 1, 0, {})
        assert line["created"] + line["updated"] == 2

    def test_failed_phones_are_status_3_and_counted_by_cause(self, tmp_path) -> None:
        out = io.StringIO()
        with pytest.raises(SystemExit) as end:
            call_command(
                "sync_phones",
                *ALONE,
                file_of(tmp_path, ZHOU_PHONE, CHEN_PHONE),
                "--json",
                stdout=out,
                stderr=io.StringIO(),
            )
        line = json.loads(out.getvalue())
        assert (end.value.code, line["failed"], line["causes"]) == (3, 1, {"unavailable": 1})

    def test_a_refusing_platform_stops_the_run_and_it_can_be_resumed(self, tmp_path, platform) -> None:
        platform.key_d = "changed"
        code, sentence = status_of("sync_phones", *ALONE, file_of(tmp_path, ZHOU_PHONE, LI_PHONE))
        run_ = SyncRun.objects.get()
        assert (code, run_.status, f"--resume {run_.pk}" in sentence) == (1, "stopped", True)
        platform.key_d = "demo"
        line = run("sync_phones", *ALONE, "--resume", str(run_.pk))
        assert (line["failed"], line["created"] + line["updated"]) == (0, 2)

    @pytest.mark.parametrize(
        "args", [[], ["missing.txt"], ["--resume", "999"]], ids=["nothing", "no-file", "no-run"]
    )
    def test_a_bad_argument_is_one_sentence_and_status_2(self, args) -> None:
        code, sentence = status_of("sync_phones", *args)
        assert (code, sentence.count("。")) == (2, 1)

    def test_a_line_that_is_no_phone_is_named_by_its_number(self, tmp_path) -> None:
        code, sentence = status_of("sync_phones", *ALONE, file_of(tmp_path, ZHOU_PHONE, "12345"))
        assert (code, "第 2 行" in sentence, SyncRun.objects.count()) == (2, True, 0)
