"""Candidates for numbers with a checksum, or for addresses, in; the parts that are some out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv6Address

from stdnum import iban, luhn
from stdnum.iso7064 import mod_97_10

from ..ottl.fault import Failed
from .detector import MAX_CANDIDATES, Span

#: Digits of a card are written in groups, of which none has more than this.
_MOST_GROUPS = 5
_LONGEST_CARD = 19
_DIGITS = re.compile(r"[0-9]+")
#: What issuers' numbers begin with, and their lengths: one of ten numbers has a right check digit.
_ISSUED = re.compile(
    r"""4\d{12}(?:\d{3}){0,2}                                       # Visa
    | 5[1-5]\d{14} | 2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12} # Mastercard
    | 3[47]\d{13}                                                   # American Express
    | 3(?:0[0-59]|[689]\d)\d{11,16}                                 # Diners Club
    | 35(?:2[89]|[3-8]\d)\d{12,15}                                  # JCB
    | 6(?:011|5\d\d|4[4-9]\d)\d{12,15}                              # Discover
    | 62\d{14,17}                                                   # UnionPay
    | (?:5018|5020|5038|5893|6304|6759|676[1-3])\d{9,15}            # Maestro
    """,
    re.VERBOSE | re.ASCII,
)
_SHORTEST_IBAN = 15
_MOST_STARTS = 3
_COUNTRY = re.compile(r"\b[A-Z]{2}[0-9]{2}")
_WORD_END = re.compile(r"(?= )|$")


def cards(run: str) -> Iterator[Span]:
    """Card numbers in digits that single spaces or dashes part; among other numbers, too."""
    groups = [found.span() for found in _DIGITS.finditer(run)]
    if len(groups) > MAX_CANDIDATES:
        raise Failed(f"over {MAX_CANDIDATES} numbers in a row")
    first = 0
    while first < len(groups):
        start = groups[first][0]
        first += 1
        for last in range(first - 1, min(first - 1 + _MOST_GROUPS, len(groups))):
            end = groups[last][1]
            digits = run[start:end].replace(" ", "").replace("-", "")
            if len(digits) > _LONGEST_CARD:
                break
            if _ISSUED.fullmatch(digits) and luhn.is_valid(digits):
                yield start, end
                first = last + 1
                break


def ibans(candidate: str) -> Iterator[Span]:
    """The longest IBAN in a candidate; other words in capitals may stand around it."""
    starts = [found.start() for found in _COUNTRY.finditer(candidate)][:_MOST_STARTS]
    ends = [found.start() for found in _WORD_END.finditer(candidate)]
    for start in starts:
        for end in reversed(ends):
            if end - start >= _SHORTEST_IBAN and _is_iban(candidate[start:end]):
                yield start, end
                return


def _is_iban(text: str) -> bool:
    number = text.replace(" ", "")
    right = mod_97_10.is_valid(number[4:] + number[:4])  # 8 us; what the registry says takes 50
    return bool(right and iban.is_valid(number))


def ipv6(candidate: str) -> Iterator[Span]:
    """An IPv6 address; behind a word and a colon, too. `std::pair` is none, nor is `a::b`."""
    end = len(candidate.rstrip(".:")) if not candidate.endswith("::") else len(candidate)
    for start in (0, candidate.find(":") + 1):
        part = candidate[start:end]
        if any(c.isdigit() for c in part) and _is_ipv6(part):
            yield start, end
            return


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
