"""Numbers of resident identity cards, made and unmade (GB 11643-1999)."""

import datetime

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


def check_character(seventeen: str) -> str:
    """The last character to 17 digits (ISO 7064, MOD 11-2)."""
    return CHECKS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, seventeen, strict=True)) % 11]


def make(area: str, birth: datetime.date, sequence: int) -> str:
    """A valid number; an odd sequence (1 to 999) is a man's."""
    seventeen = f"{area}{birth:%Y%m%d}{sequence:03d}"
    return seventeen + check_character(seventeen)


def is_valid(number: str) -> bool:
    return len(number) == 18 and number[:17].isdigit() and number[17] == check_character(number[:17])


def with_bad_check(number: str) -> str:
    """The same number with the next check character, which is wrong."""
    return number[:17] + CHECKS[(CHECKS.index(check_character(number[:17])) + 1) % 11]


def old_form(number: str) -> str:
    """The 15 digits of before 1999: no century, no check character. For births of 19xx only."""
    return number[:6] + number[8:17]


def full_form(number: str) -> str:
    """The 18 characters of a number of 15 digits; any other number as it is."""
    if len(number) != 15:
        return number
    seventeen = f"{number[:6]}19{number[6:]}"
    return seventeen + check_character(seventeen)


def with_birth(number: str, birth: str) -> str:
    """Another birth (eight characters, no date need be) in a number whose check character fits again."""
    seventeen = number[:6] + birth + number[14:17]
    return seventeen + check_character(seventeen)


def all_digits(number: str) -> str:
    """A valid number of the same area, birth and sex that can be a JSON number: it does not end in X."""
    sequence = int(number[14:17])
    while (check := check_character(f"{number[:14]}{sequence:03d}")) == "X":
        sequence = (sequence + 2) % 1000
    return f"{number[:14]}{sequence:03d}{check}"


def ending_in_x(number: str) -> str:
    """A valid number of the same area, birth and sex that ends in X."""
    sequence = int(number[14:17])
    while check_character(f"{number[:14]}{sequence:03d}") != "X":
        sequence = (sequence + 2) % 1000
    return f"{number[:14]}{sequence:03d}X"


def rounded(number: str) -> int:
    """What is left of a number that passed through a double: zeros at the end, and no longer valid."""
    coarse = number[:15] + "000"
    return int(number[:14] + "9000" if is_valid(coarse) else coarse)
