"""Converters of strings."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable
from typing import Any

from ..fault import Failed
from ..regex import Pattern, WrongPattern
from ..signature import ANY, BOOL, INT, LIST, TEXT, choice, function, literal, table
from ..values import MAX_SIZE, text_of
from .formatting import formatted


def bounded(text: str) -> str:
    """A text that was made, if it is not too long. Raises Failed."""
    if len(text) > MAX_SIZE:
        raise Failed(f"a string over {MAX_SIZE} characters")
    return text


def _joined(values: list[Any], delimiter: str) -> str:
    return bounded(delimiter.join(map(_part, values)))


def _part(value: Any) -> str:
    match value:
        case None:
            return "<nil>"
        case bytes():
            return value.hex()
    return text_of(value)


def _split(target: str, delimiter: str) -> list[str]:
    return target.split(delimiter) if delimiter else list(target)


def _substring(target: str, start: int, length: int, utf8_safe: bool) -> str:  # noqa: FBT001 OTTL's
    if target.isascii():
        data: str | bytes = target
    else:
        data = target.encode("utf-8", "replace")
    if start < 0 or length <= 0 or start + length > len(data):
        raise Failed("a substring of nothing, or beyond the end")
    part = data[start : start + length]
    if isinstance(part, str):
        return part
    return part.decode("utf-8", "ignore" if utf8_safe else "backslashreplace")


def _trim(target: str, replacement: str) -> str:
    return target.strip(replacement) if replacement else target


def _camel(text: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[\W_]", text))


def _snake(text: str) -> str:
    """`myHTTPServer` is `my_http_server`."""
    parts: list[str] = []
    for n, c in enumerate(text):
        after = text[n + 1 : n + 2]
        begins = c.isupper() and n and (text[n - 1].islower() or after.islower())
        if begins and text[n - 1] not in "_-. ":
            parts.append("_")
        parts.append("_" if c in "-. " else c.lower())
    return "".join(parts)


_CASES: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "snake": _snake,
    "camel": _camel,
}


def _cased(target: str, case: str) -> str:
    return _CASES[case](target)


_VARIANTS = ("base64", "base64-raw", "base64-url", "base64-raw-url")


def _encoded(value: str, variant: str) -> str:
    data = value.encode("utf-8", "replace")
    encode = base64.urlsafe_b64encode if "url" in variant else base64.b64encode
    text = encode(data).decode()
    return text.rstrip("=") if "raw" in variant else text


def _from_base64(value: Any, variant: str = "base64") -> str:
    try:
        data = value if isinstance(value, bytes) else text_of(value).encode()
        if "raw" in variant:
            data += b"=" * (-len(data) % 4)
        if "url" in variant:
            data = data.translate(bytes.maketrans(b"-_", b"+/"))
        return base64.b64decode(data, validate=True).decode("utf-8", "backslashreplace")
    except (binascii.Error, ValueError):
        raise Failed("not base64") from None


def _encoding(name: Any) -> str:
    """A character set that Python knows and that is one."""
    if name in _VARIANTS:
        return str(name)
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, TypeError, ValueError):
        raise ValueError("no character set is called that") from None


def _decoded(value: Any, encoding: str) -> str:
    if encoding in _VARIANTS:
        return _from_base64(value, encoding)
    try:
        data = value if isinstance(value, bytes) else text_of(value).encode("latin-1")
        return data.decode(encoding, "backslashreplace")
    except (LookupError, UnicodeError):
        raise Failed("text that is not of this character set") from None


def pattern(text: Any) -> Pattern:
    """A regex, checked. Raises ValueError."""
    if not isinstance(text, str):
        raise WrongPattern("expected a regex, which is a string")
    return Pattern(text)


PATTERN = literal("a regex", pattern)


def is_match(target: Any, wanted: Pattern) -> bool:
    """`IsMatch`: what is not text is looked at as its text; nil matches nothing."""
    return target is not None and wanted.found_in(text_of(target))


def _grouped(text: Any) -> Pattern:
    found = pattern(text)
    if not found.names:
        raise WrongPattern("expected a regex with a named group, such as (?P<user>[a-z]+)")
    return found


def _groups(target: str, wanted: Pattern) -> dict[str, str]:
    return wanted.named(target)


def _format(text: str, arguments: list[Any]) -> str:
    return bounded(formatted(text, arguments))


TEXTS_OF = table(
    function("Concat", _joined, "str", values=LIST, delimiter=TEXT),
    function("Split", _split, "list", target=TEXT, delimiter=TEXT),
    function(
        "Substring", _substring, "str", target=TEXT, start=INT, length=INT, utf8_safe=(BOOL, False)
    ),
    function("Trim", _trim, "str", target=TEXT, replacement=(TEXT, " ")),
    function("TrimPrefix", str.removeprefix, "str", value=TEXT, prefix=TEXT),
    function("TrimSuffix", str.removesuffix, "str", value=TEXT, suffix=TEXT),
    function("HasPrefix", str.startswith, "bool", value=TEXT, prefix=TEXT),
    function("HasSuffix", str.endswith, "bool", value=TEXT, suffix=TEXT),
    function("ToLowerCase", str.lower, "str", target=TEXT),
    function("ToUpperCase", str.upper, "str", target=TEXT),
    function("ToSnakeCase", _snake, "str", target=TEXT),
    function("ToCamelCase", _camel, "str", target=TEXT),
    function("ConvertCase", _cased, "str", target=TEXT, toCase=choice(*_CASES)),
    function("Base64Encode", _encoded, "str", value=TEXT, variant=(choice(*_VARIANTS), "base64")),
    function("Base64Decode", _from_base64, "str", value=ANY),
    function("Decode", _decoded, "str", value=ANY, encoding=literal("a character set", _encoding)),
    function("Format", _format, "str", formatString=TEXT, formatArguments=LIST),
    function("IsMatch", is_match, "bool", target=ANY, pattern=PATTERN),
    function("ExtractPatterns", _groups, "map", target=TEXT, pattern=literal("a regex", _grouped)),
)
