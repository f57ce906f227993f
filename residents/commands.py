"""What our commands share: a refusal is one sentence in Chinese on stderr, and its exit status."""

import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser


class OfficeCommand(BaseCommand):
    """Refuse with `CommandError(sentence, returncode=2)`; a caller from code gets the error itself."""

    _called_from_command_line: bool  # Django's own, which the type stubs leave out

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)

        def refuse(message: str) -> NoReturn:
            raise CommandError(f"参数有误，用法见 {subcommand} --help。", returncode=2)

        parser.error = refuse  # type: ignore[method-assign]
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except CommandError as refusal:  # of the parser, which runs before Django looks
            self._end(refusal)

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute(*args, **options)
        except CommandError as refusal:
            if not self._called_from_command_line:
                raise
            self._end(refusal)

    def _end(self, refusal: CommandError) -> NoReturn:
        self.stderr.write(str(refusal))
        sys.exit(refusal.returncode)
