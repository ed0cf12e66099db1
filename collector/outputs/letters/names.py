"""Where the letters of a component are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

#: Files of one component. The oldest goes when there is no room.
FILES = 4
_ENDING = ".jsonl"


def path_of(data_dir: Path, kind: str, id: str) -> Path:
    """The newest file of a component. No id has a plus sign, so no two have the same."""
    return data_dir / "deadletter" / f"{kind}-{id.replace('/', '+')}{_ENDING}"


def files_of(path: Path) -> Sequence[Path]:
    """All that there may be, the newest first."""
    return [path, *(path.with_name(f"{path.name}.{n}") for n in range(1, FILES))]


def components(data_dir: Path) -> Sequence[tuple[str, str]]:
    """Kind and id of all that have letters, in order."""
    found = set()
    for path in (data_dir / "deadletter").glob(f"*{_ENDING}*"):
        kind, _, id = path.name.partition(_ENDING)[0].partition("-")
        if id and path in files_of(path_of(data_dir, kind, id)):
            found.add((kind, id.replace("+", "/")))
    return sorted(found)
