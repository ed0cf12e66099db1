"""SIGKILL at any moment: what was reported is there."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import collector
from collector.outputs.store.store import Store

_WRITER = """
import os, random, sys
from pathlib import Path
from collector.request import Request
from collector.outputs.store.store import Store

seed = int(sys.argv[2])
chance = random.Random(seed)
store = Store.open(Path(sys.argv[1]), reserve=1 << 20)
n, mine = 0, []
while True:
    group = []
    for _ in range(chance.randrange(1, 6)):
        body = random.Random(seed * 1000000 + n).randbytes(chance.randrange(1, 100000))
        group.append(Request(body=body, events=1, raw_size=seed * 1000000 + n))
        n += 1
    done, mine = (mine[:2], mine[2:]) if chance.random() < 0.5 else ([], mine)
    ids = store.commit(group, done)
    mine += ids
    lines = [f"+{i} {r.raw_size}" for i, r in zip(ids, group)] + [f"-{i}" for i in done]
    os.write(1, ("\\n".join(lines) + "\\n").encode())
"""


def test_nothing_that_was_reported_is_missing_after_a_kill(tmp_path: Path) -> None:
    directory = tmp_path / "queue"
    source = str(Path(collector.__file__).parents[1])
    chance = random.Random(1)
    stored: dict[int, int] = {}
    reported = back = 0
    for seed in range(1, 11):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(directory), str(seed)],
            stdout=subprocess.PIPE,
            cwd=source,
        ) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()
            time.sleep(chance.uniform(0, 0.2))
            writer.kill()
            lines = (first + writer.stdout.read()).splitlines()
        for line in lines:
            if line.startswith(b"+"):
                id, raw = line[1:].split()
                stored[int(id)] = int(raw)
                reported += 1
            else:
                stored.pop(int(line[1:]))
        back += verify(directory, stored)
    print(f"{reported} reported, {back} known to the store only")


def verify(directory: Path, stored: dict[int, int]) -> int:
    store = Store.open(directory, reserve=1 << 20)
    assert store.healed is None
    entries = {entry.id: entry for entry in store.entries()}
    # The last group may be in without having been reported, or out without: nothing else.
    missing, more = set(stored) - set(entries), set(entries) - set(stored)
    assert len(missing) <= 2
    assert len(more) <= 6
    for id, entry in entries.items():
        found = store.load(id)
        assert len(found.body) == entry.size
        assert stored.setdefault(id, found.raw_size) == found.raw_size
        assert found.body == random.Random(found.raw_size).randbytes(len(found.body))
    for id in missing:
        del stored[id]
    store.close()
    return len(more)
