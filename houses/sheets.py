"""Tables as a workbook. Every cell is a text, whatever it looks like (faults.md, D13).

A number of eighteen digits stays what it is, and what somebody typed is never a formula, a link or
a number. Written in memory: a temporary file would hold the same in clear.
"""

import io
from collections.abc import Iterable, Sequence

import xlsxwriter

# 49 is the format "@", a text; the quote prefix keeps it one when the cell is edited.
TEXT = {"num_format": 49, "quote_prefix": True, "text_wrap": True, "valign": "top"}
HEADING = {"bold": True, "bottom": 1}
NARROWEST, WIDEST = 10, 50

Table = tuple[str, Sequence[str], Iterable[Sequence[str]]]  # title, columns, rows


def workbook(tables: Iterable[Table]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        text, heading = book.add_format(TEXT), book.add_format(HEADING)
        for title, columns, rows in tables:
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            widths = [_write(sheet, 0, columns, heading)]
            widths += [_write(sheet, place, row, text) for place, row in enumerate(rows, start=1)]
            for column, lengths in enumerate(zip(*widths, strict=True)):
                sheet.set_column(column, column, min(max(NARROWEST, *lengths), WIDEST))
    return target.getvalue()


def _write(
    sheet: xlsxwriter.worksheet.Worksheet, place: int, cells: Sequence[str], style: object
) -> list[int]:
    """Returns how wide each cell would like to be: a Han character takes two places."""
    for column, cell in enumerate(cells):
        sheet.write_string(place, column, cell, style)
    return [2 * len(cell) + 2 for cell in cells]
