"""A /dev of a test's own: what writes to /dev/log, and can be told of no other place."""

from __future__ import annotations

import subprocess

import pytest

from tests.system.clients import ENV, client

#: The beginning of every script: shells need the null device to start others.
_OWN_DEV = """
mount -t tmpfs none /mnt
touch /mnt/null
mount --bind /dev/null /mnt/null
mount --move /mnt /dev
"""


def in_own_dev(script: str, *words: object) -> None:
    """Run a script of the shell, with `words` for its arguments, in a namespace of its own.

    Skips the test where this user can make none.
    """
    unshare = (client("unshare"), "--map-root-user", "--mount", "sh", "-ec")
    if subprocess.run((*unshare, _OWN_DEV), capture_output=True, check=False).returncode:
        pytest.skip("this user may have no namespace of its own")
    command = (*unshare, _OWN_DEV + script, "sh", *map(str, words))
    done = subprocess.run(command, env=ENV, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
