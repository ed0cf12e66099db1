"""A small file that holds a secret and may be replaced while the collector runs."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

#: No secret is longer; what is larger is another file.
_LARGEST = 4096


class SecretFileError(ValueError):
    """What is wrong with the file, in a sentence without its name, which might be a secret."""


class SecretFile:
    """`key` is what the configuration calls it, for the sentences."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self._seen: Any = None

    def has_changed(self) -> bool:
        """Whether it is another one than at the last look; a file that is gone has changed too."""
        seen, self._seen = self._seen, self._look()
        return bool(seen != self._seen)

    def read(self) -> str:
        """What it holds. Raises SecretFileError."""
        key = self._key
        try:
            found, content = _beginning(self._path)
        except FileNotFoundError:
            raise SecretFileError(f"{key} names a file that does not exist") from None
        except OSError as e:
            said = e.strerror or type(e).__name__
            raise SecretFileError(f"{key} cannot be read by this user: {said}") from None
        except ValueError:  # a NUL in the name
            raise SecretFileError(f"{key} is not the name of a file") from None
        if not stat.S_ISREG(found.st_mode):
            raise SecretFileError(f"{key} is not a regular file; name one that is")
        if len(content) > _LARGEST:
            raise SecretFileError(f"{key} has over 4 KiB; it must hold a token and no more")
        self._seen = _state(found)
        return content.decode("utf-8-sig", "replace")

    def _look(self) -> Any:
        """What changes when the file does; None where there is none."""
        try:
            return _state(self._path.stat())
        except (OSError, ValueError):
            return None


def _state(found: os.stat_result) -> Any:
    return found.st_mtime_ns, found.st_ctime_ns, found.st_dev, found.st_ino, found.st_size


def _beginning(path: Path) -> tuple[os.stat_result, bytes]:
    # Not blocking: to open a named pipe would wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        regular = stat.S_ISREG(found.st_mode)
        return found, os.read(descriptor, _LARGEST + 1) if regular else b""
    finally:
        os.close(descriptor)
