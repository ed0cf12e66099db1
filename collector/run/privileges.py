"""Rights that are given up once they are not needed: root's, which ports below 1024 need."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

from .process import StartError


def become(user: str, group: str = "") -> None:
    """Have the rights of this user only, for good; empty: stay. Raises StartError."""
    if not user:
        return
    uid, gid = ids(user, group)
    if os.geteuid() == uid:
        return
    if os.geteuid() != 0:
        raise StartError(f"only root can become {user}: leave out service.user, or start as root")
    os.setgroups(os.getgrouplist(user, gid))
    os.setgid(gid)
    os.setuid(uid)


def ids(user: str, group: str = "") -> tuple[int, int]:
    """Of a user, and of a group in place of its own. Raises StartError."""
    try:
        found = pwd.getpwnam(user)
        return found.pw_uid, grp.getgrnam(group).gr_gid if group else found.pw_gid
    except KeyError as e:
        raise StartError(f"service.user and service.group: {e.args[0]}") from None


def give(path: Path, user: str, group: str = "") -> None:
    """Make a file or directory that user's, for root; empty: leave it. Raises StartError."""
    if user and os.geteuid() == 0:
        os.chown(path, *ids(user, group), follow_symlinks=False)
