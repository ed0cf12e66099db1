"""Where a source stands, over crashes and between owners."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collector.inputs.checkpoint import LARGEST, Checkpoint, CheckpointError, encoded

VALUE = {"since": "2026-01-01T00:00:00Z", "page": 7}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Iterator[Checkpoint]:
    with closing(Checkpoint(tmp_path, "api/edge")) as found:
        assert found.take()
        yield found


def test_what_is_written_is_read_by_the_next_owner(checkpoint: Checkpoint, tmp_path: Path) -> None:
    assert checkpoint.read() is None
    checkpoint.write(encoded({"old": 1}))
    checkpoint.write(encoded(VALUE))
    assert checkpoint.read() == VALUE
    with closing(Checkpoint(tmp_path, "api/edge")) as next_one:
        assert next_one.read() == VALUE


def test_one_at_a_time_owns_it_and_others_have_their_own(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    with (
        closing(Checkpoint(tmp_path, "api/edge")) as second,
        closing(Checkpoint(tmp_path, "api")) as other,
    ):
        assert not second.take()
        assert other.take()
    checkpoint.write(encoded(VALUE))


def test_it_is_free_when_its_owner_is_killed(tmp_path: Path) -> None:
    child = os.fork()
    if not child:
        Checkpoint(tmp_path, "api/b").take()
        os.kill(os.getpid(), signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    with closing(Checkpoint(tmp_path, "api/b")) as third:
        assert third.take()


def test_a_write_that_was_cut_short_leaves_the_old_value(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    checkpoint.write(encoded(VALUE))
    (tmp_path / "checkpoints" / "api+edge.new").write_bytes(b'{"si')
    assert checkpoint.read() == VALUE
    checkpoint.write(encoded({"page": 8}))
    assert checkpoint.read() == {"page": 8}


def test_only_its_user_can_read_it(checkpoint: Checkpoint, tmp_path: Path) -> None:
    checkpoint.write(encoded(VALUE))
    directory = tmp_path / "checkpoints"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert (stat.S_IMODE(directory.stat().st_mode), modes) == (0o700, {0o600})


def test_damage_is_told_and_not_taken_for_the_beginning(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    (tmp_path / "checkpoints" / "api+edge.json").write_bytes(b"\xff\x00")
    with pytest.raises(CheckpointError, match=r"api\+edge\.json .* delete it to begin anew"):
        checkpoint.read()


def test_a_directory_that_cannot_be_had_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match=r"Not a directory; give it .* service\.data_dir"):
        Checkpoint(tmp_path / "file", "api")


def test_a_disk_that_takes_nothing_is_an_error(checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "checkpoints" / "api+edge.new").mkdir()
    with pytest.raises(CheckpointError, match=r"cannot write .*: Is a directory"):
        checkpoint.write(b"1")


def test_what_json_cannot_say_or_is_too_large_is_refused() -> None:
    with pytest.raises(CheckpointError, match="not JSON-like"):
        encoded({"x": object()})
    with pytest.raises(CheckpointError, match="65,536 are allowed"):
        encoded("x" * LARGEST)
