"""Whose rights the processes have."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest

from collector.run.privileges import become, give, ids
from collector.run.process import StartError

_CODE = """
import os, sys
from collector.run.privileges import become
become("nobody")
print(os.getresuid(), os.getresgid()[0] != 0, 0 in os.getgroups())
try:
    os.setuid(0)
except PermissionError:
    print("for good")
"""


def test_nobody_else_is_nothing_to_do() -> None:
    before = os.getresuid()
    become("")
    become(getpass.getuser())
    assert os.getresuid() == before


def test_an_unknown_user_is_named() -> None:
    with pytest.raises(StartError, match=r"service.user and service.group: .*no-such-user"):
        ids("no-such-user")


def test_who_is_not_root_can_become_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(StartError, match="only root can become nobody"):
        become("nobody")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can")
def test_root_becomes_another_for_good(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _CODE], capture_output=True, text=True, check=True
    )
    uid = ids("nobody")[0]
    assert ended.stdout.splitlines() == [f"({uid}, {uid}, {uid}) True False", "for good"]
    give(tmp_path, "nobody")
    assert tmp_path.stat().st_uid == uid
