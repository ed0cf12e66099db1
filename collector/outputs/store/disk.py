"""What is left of a disk, what kind it is, and a file that keeps some of it for bad times."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

#: Where another machine may hold the file, or a flush may not reach a disk.
_REMOTE = frozenset(
    {"9p", "afs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4"}
    | {"smb3", "smbfs", "virtiofs", "vboxsf"}
)


def free(directory: Path) -> int:
    """Bytes that this user may still write there."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


def file_system(directory: Path) -> str:
    """Its type as the kernel calls it; empty when there is no /proc."""
    best, kind = "", ""
    with suppress(OSError, IndexError):
        path = f"{directory.resolve()}/"
        for line in Path("/proc/mounts").read_text("utf-8", "replace").splitlines():
            words = line.split()
            point = words[1].encode().decode("unicode_escape").rstrip("/") + "/"
            if path.startswith(point) and len(point) >= len(best):
                best, kind = point, words[2]
    return kind


def warning(directory: Path) -> str:
    """What an operator should know of this place; empty when it is good."""
    kind = file_system(directory)
    if kind not in _REMOTE:
        return ""
    return (
        f"the queue {directory} is on {kind}, which may lose what it said it has written: "
        "name a directory on a local disk in service.data_dir"
    )


class Reserve:
    """A file that is deleted when the disk is full, so that deleting requests still works.

    32 MiB hold the write-ahead log at its limit and one group (section 2.5).
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size

    @property
    def held(self) -> bool:
        """Whether it is there, whole."""
        try:
            found = self.path.stat()
        except OSError:
            return not self.size
        return min(found.st_size, found.st_blocks * 512) >= self.size

    def make(self) -> bool:
        """Have it, when there is room."""
        if self.held:
            return True
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            os.posix_fallocate(fd, 0, self.size)
            os.fsync(fd)
        except OSError:
            self.release()
            return False
        finally:
            os.close(fd)
        return self.held

    def release(self) -> bool:
        """Give its room to the file system. False: there was nothing to give."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
