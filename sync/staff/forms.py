"""Which phones are to be asked: one, or a list that was pasted or uploaded."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from residents.validators import normalise_phone

MOST_PHONES = 100_000
MOST_BYTES = 5_000_000
MOST_NAMED = 5  # of the lines that are wrong
# A line copied from a sheet: cells, of which one is the phone.
_CELLS = re.compile(r"[,;\t，；、|]")


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label="手机号",
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "inputmode": "tel"}),
        help_text="业主或住户在安防平台登记的 11 位手机号。",
    )

    def clean_phone(self) -> str:
        phone = normalise_phone(self.cleaned_data["phone"])
        if not phone:
            raise ValidationError("请输入 11 位手机号。")
        return phone


class ListForm(forms.Form):
    """`phones`: each once, in their order. Nothing of a list with a wrong line is taken."""

    pasted = forms.CharField(
        label="粘贴号码",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        help_text="一行一个手机号，空行不算，重复的只查一次。",
    )
    file = forms.FileField(
        label="或选择文件",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".txt,.csv"}),
        help_text="一行一个手机号的文本文件，或从表格另存的逗号分隔文件，最多十万个。",
    )

    phones: list[str]

    def clean_pasted(self) -> list[str]:
        return read_phones(self.cleaned_data["pasted"])

    def clean_file(self) -> list[str]:
        file = self.cleaned_data["file"]
        return read_phones(decoded(file)) if file else []

    def clean(self) -> dict[str, Any]:
        given = [name for name in ("pasted", "file") if self.cleaned_data.get(name)]
        if len(given) == 2:
            self.add_error("file", "粘贴和文件请只用一种。")
        elif not given and not self.errors:
            self.add_error("pasted", "请粘贴手机号，或选择一个文件。")
        self.phones = self.cleaned_data[given[0]] if len(given) == 1 else []
        return self.cleaned_data


def decoded(file: Any) -> str:
    """As Windows and everybody else write text. Raises ValidationError."""
    if file.size > MOST_BYTES:
        raise ValidationError("文件太大，请分成几个文件。")
    if not file.name.lower().endswith((".txt", ".csv")):
        raise ValidationError("请选择 .txt 或 .csv 文件；表格请先另存为 CSV。")
    content: bytes = file.read()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValidationError("无法读取这个文件，请另存为 UTF-8 或 GB18030 编码的文本。")


def read_phones(text: str) -> list[str]:
    """Each phone once. Raises ValidationError, which names the lines that are wrong."""
    lines = {number: line for number, line in enumerate(text.splitlines(), 1) if line.strip()}
    phones = {number: phone_of(line) for number, line in lines.items()}
    if wrong := [number for number, phone in phones.items() if not phone]:
        named = "、".join(map(str, wrong[:MOST_NAMED]))
        more = f"等共 {len(wrong)} 行" if len(wrong) > MOST_NAMED else ""
        raise ValidationError(f"第 {named} 行{more}不是一个 11 位手机号，没有开始同步，请改正后再试。")
    unique = list(dict.fromkeys(phones.values()))
    if len(unique) > MOST_PHONES:
        raise ValidationError(f"一次最多 {MOST_PHONES} 个号码，这里有 {len(unique)} 个，请分成几批。")
    return unique


def phone_of(line: str) -> str:
    """The one phone in a line, "" where there is none or more than one."""
    if phone := normalise_phone(line):
        return phone
    found = {normalise_phone(cell.strip(" \"'")) for cell in _CELLS.split(line)} - {""}
    return found.pop() if len(found) == 1 else ""
