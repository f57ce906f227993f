"""Fields that take one JSON type each, and say of themselves what the description of the API needs.

DRF's own take "1" for 1 and 1 for "1"; a client that mixes them up would hear of it from nobody.
`example` goes into the description (`residents.api.schema`).
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Choices
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

WRONG_TYPE = {
    str: "应为文字。",
    int: "应为整数。",
    bool: "应为 true 或 false。",
}


class Shown:
    """What every field of ours has: an example."""

    def __init__(self, *args: Any, example: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example


class Strict(Shown):
    """Takes values of `kind` alone: a bool is no number."""

    kind: type = str

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, self.kind) or (isinstance(data, bool) and self.kind is not bool):
            raise ValidationError(WRONG_TYPE[self.kind], code="type")
        return super().to_internal_value(data)  # type: ignore[misc]


class Text(Strict, serializers.CharField):
    """One line, blanks around it dropped."""

    def __init__(self, *args: Any, max_length: int = 200, **kwargs: Any) -> None:
        super().__init__(*args, max_length=max_length, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """A blank that is none of a text's (a number, say) is not taken for an empty one."""
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            raise ValidationError(WRONG_TYPE[str], code="type")
        return super().run_validation(data)


class Number(Strict, serializers.IntegerField):
    kind = int

    def __init__(self, *args: Any, min_value: int = 0, max_value: int = 2**53, **kwargs: Any) -> None:
        super().__init__(*args, min_value=min_value, max_value=max_value, **kwargs)


class Flag(Strict, serializers.BooleanField):
    kind = bool


class Code(Strict, serializers.ChoiceField):
    """A value of a code table, of which the description tells the words."""

    def __init__(
        self, table: type[Choices], *args: Any, leaving_out: tuple[Any, ...] = (), **kwargs: Any
    ) -> None:
        choices = [(value, label) for value, label in table.choices if value not in leaving_out]
        self.kind = type(choices[0][0])
        words = "，".join(f"{value} {label}" for value, label in choices)
        kwargs["help_text"] = f"{kwargs.get('help_text', '')}取值：{words}。"
        kwargs.setdefault("example", choices[0][0])
        super().__init__(choices, *args, **kwargs)

    def to_representation(self, value: Any) -> Any:
        return value if value in (None, "") else self.kind(value)


class Day(Shown, serializers.DateField):
    """1987-05-04."""

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise ValidationError("日期应写作 1987-05-04。", code="type")
        return super().to_internal_value(value)


class Moment(Shown, serializers.DateTimeField):
    """With the offset of Beijing."""


class Uuid(Shown, serializers.UUIDField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            raise ValidationError(WRONG_TYPE[str], code="type")
        return super().to_internal_value(data)


class Url(Shown, serializers.CharField):
    """An address of ours, to be read only."""


class Items(Shown, serializers.ListField):
    """A list of one of the fields above."""


class Table(Shown, serializers.DictField):
    """By name of a field."""


class Body(serializers.Serializer[Any]):
    """What a client sends: what is not asked for is refused, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {name: [ErrorDetail(UNKNOWN, "unknown")] for name in data if name not in self.fields}
            if unknown:
                raise ValidationError(unknown)
        return super().to_internal_value(data)


UNKNOWN = "这一项不能在这里填写。"


class Answer(serializers.Serializer[Any]):
    """What a client is told."""


class Nothing(Body):
    """A body without content."""
