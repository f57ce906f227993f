"""Finding a name by its sound: 付钰 by fuyu, by fy, by fu."""

from functools import lru_cache
from itertools import islice, product
from typing import Any

from django.db import models
from pypinyin import Style, pinyin
from pypinyin.core import Pinyin

# Of a name with several readings (单 shan or dan) the first so many are kept.
MOST_READINGS = 8

_words = Pinyin().seg  # 重庆 is one word: its readings are those of the word


@lru_cache(maxsize=4096)
def spellings(name: str) -> str:
    """ " fuyu fy": each reading in full and as initials, each after a blank, so that ` fu` finds starts."""
    readings = [reading for word in _words(name) for reading in _readings(word)]
    told: dict[str, None] = {}
    for reading in islice(product(*readings), MOST_READINGS):
        plain = ("".join(filter(str.isalnum, part)).lower() for part in reading)
        parts = [part for part in plain if part]
        told["".join(parts)] = told["".join(part[0] for part in parts)] = None
    return "".join(f" {one}" for one in told if one)[:200]


@lru_cache(maxsize=8192)  # whole names are rarely met twice, their words are
def _readings(word: str) -> list[list[str]]:
    """The readings of each character."""
    return pinyin([word], style=Style.NORMAL, heteronym=True)


class PinyinField(models.CharField):
    """The spellings of another field, written whenever the row is: also in bulk."""

    def __init__(self, *args: Any, source: str = "name", **kwargs: Any) -> None:
        self.source = source
        kwargs.setdefault("max_length", 200)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = spellings(getattr(model_instance, self.source))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "source": self.source}
