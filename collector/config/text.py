"""A path in, the file's text out: UTF-8 and of a bounded size, or the reason why not."""

from __future__ import annotations

from pathlib import Path

#: Enough for any configuration written by people; a mistaken path to a log file stays cheap.
MAX_BYTES = 1 << 20


class Unreadable(Exception):
    """The reason, to stand after the file's name, and the place in the file it is about."""

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column


def read(path: Path) -> str:
    """The text of a file, without a byte order mark. Raises Unreadable."""
    return decoded(_bytes(path))


def decoded(raw: bytes) -> str:
    """The same of what a file holds."""
    if len(raw) > MAX_BYTES:
        raise Unreadable(f"is larger than {MAX_BYTES >> 20} MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        before = raw[: e.start].decode("utf-8-sig", "replace").split("\n")
        raise Unreadable("is not UTF-8 here", len(before), len(before[-1]) + 1) from None


def is_text(text: str) -> bool:
    """Whether it can be written as UTF-8; half of a surrogate pair cannot."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable("does not exist") from None
    except IsADirectoryError:
        raise Unreadable("is a directory") from None
    except PermissionError:
        raise Unreadable("may not be read by this user") from None
    except OSError as e:
        raise Unreadable(f"cannot be read: {e.strerror}") from None
    except ValueError:  # a NUL, or half a surrogate pair
        raise Unreadable("is not the name of a file") from None
