"""`sync_phone PHONE [--json]`: ask the platform for one phone and store what it answers."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from residents.commands import OfficeCommand
from residents.masking import mask_phone
from residents.validators import normalise_phone
from sync.engine import open_findings, sync_phone
from sync.exceptions import SENTENCES
from sync.merge import Outcome

WORDS = {
    "created": "新建",
    "updated": "有更新",
    "unchanged": "无变化",
    "not_found": "平台没有这个号码",
    "failed": "失败",
}
STATES = ("created", "updated", "unchanged")


class Command(OfficeCommand):
    help = "向安防平台查询一个手机号，并更新这户的一标三实资料。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("phone", help="11 位手机号")
        parser.add_argument("--json", action="store_true", help="输出一行 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        phone = normalise_phone(options["phone"])
        if not phone:
            raise CommandError("请输入 11 位手机号。", returncode=2)
        outcome = sync_phone(phone)
        found = open_findings(phone) if outcome.outcome != "failed" else []
        self.stdout.write(
            json.dumps(as_dict(outcome, found), ensure_ascii=False)
            if options["json"]
            else in_words(outcome, found)
        )
        if outcome.outcome == "failed":
            self.stdout.flush()
            raise CommandError(SENTENCES[outcome.cause or "database"], returncode=1)


def as_dict(outcome: Outcome, found: list[str]) -> dict[str, Any]:
    """The line of contract.md."""
    return {
        "phone": mask_phone(outcome.phone),
        "outcome": outcome.outcome,
        "cause": outcome.cause,
        "attempts": outcome.attempts,
        "residents": {state: outcome.residents[state] for state in STATES},
        "houses": {state: outcome.houses[state] for state in STATES},
        "memberships": {state: outcome.memberships[state] for state in STATES},
        "fields_updated": outcome.fields_updated,
        "conflicts": outcome.conflicts,
        "findings": found,
    }


def in_words(outcome: Outcome, found: list[str]) -> str:
    return (
        f"{mask_phone(outcome.phone)}：{WORDS[outcome.outcome]}；"
        f"居民新增 {outcome.residents['created']}，更新 {outcome.residents['updated']}；"
        f"房屋新增 {outcome.houses['created']}；更新 {outcome.fields_updated} 个字段，"
        f"{outcome.conflicts} 处冲突，待核实 {len(found)} 类。"
    )
