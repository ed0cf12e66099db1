"""Bytes that break a promise are looked for: `python tests/fuzz --help`.

atheris makes them: it sees which branches an input takes, and goes on from inputs that took a new
one. Each target has a process of its own, for libFuzzer ends the one it runs in. What it learns is
kept in `.cache/fuzz` for the next time; an input that breaks a promise is left there, and shown.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import atheris

_CACHE = Path(".cache/fuzz")
#: One input may take that long, in seconds, and that much memory, in MB.
_SLOW, _LARGE = 5, 2048
_LENGTH = 4096
_OURS = ["collector", *(path.name for path in Path("plugins").iterdir())]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--only", action="append", help="this target; may be said again")
    parser.add_argument("--input", type=Path, help="run the one target on this file, and no more")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args()


def _fuzz(name: str, arguments: list[str]) -> None:
    """Never returns: libFuzzer exits."""
    with atheris.instrument_imports(include=_OURS):
        from tests.fuzz.decoders import decoders
        from tests.fuzz.listeners import listeners
    target = (decoders() | listeners())[name]
    seeds = _CACHE / name
    seeds.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (seeds / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], *arguments], target.make())
    atheris.Fuzz()


def _run(name: str, seconds: int, given: Path | None) -> bool:
    limits = [f"-timeout={_SLOW}", f"-rss_limit_mb={_LARGE}", f"-max_len={_LENGTH}"]
    seeds = _CACHE / name
    what = [str(given)] if given else [f"-max_total_time={seconds}", str(seeds)]
    command = [
        sys.executable, __file__, "--inside", name, "--", *limits,
        f"-artifact_prefix={_CACHE}/{name}-", "-print_final_stats=1", *what,
    ]  # fmt: skip
    # Its words hold bytes of inputs.
    ran = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", check=False
    )
    times = re.search(r"number_of_executed_units: (\d+)", ran.stdout)
    kept = "no" if ran.returncode else "yes"
    print(f"{name:16} {int(times[1]) if times else 0:>12,}  {kept}", flush=True)
    if ran.returncode:
        print(ran.stdout[-4000:])
    return not ran.returncode


def main() -> None:
    """Run the targets, one after the other."""
    if "--inside" in sys.argv:
        at = sys.argv.index("--inside")
        _fuzz(sys.argv[at + 1], sys.argv[at + 3 :])
    said = _arguments()
    from tests.fuzz.decoders import decoders
    from tests.fuzz.listeners import listeners

    wanted = said.only or [*decoders(), *listeners()]
    _CACHE.mkdir(parents=True, exist_ok=True)
    print(f"{'target':16} {'inputs':>12}  promises kept")
    good = [_run(name, said.seconds, said.input) for name in wanted]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
