"""What becomes of a command's coroutine."""

from __future__ import annotations

import asyncio

import pytest

from collector.inputs.sockets import ListenError
from collector.run.process import StartError, _guarded


def _code(error: BaseException) -> int:
    loop = asyncio.new_event_loop()  # asyncio.run would take the reactor's loop away
    try:
        return loop.run_until_complete(_guarded(_raises(error)))
    finally:
        loop.close()


async def _raises(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize("error", [StartError("say this"), ListenError("say this")])
def test_what_does_not_start_is_one_sentence(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _code(error) == 1
    assert capsys.readouterr().err == "collector: say this\n"


def test_a_bug_is_named_by_its_place_and_not_by_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _code(KeyError("a secret")) == 1
    said = capsys.readouterr().err
    assert said.startswith("collector: KeyError in ")
    assert "test_process.py" in said
    assert "secret" not in said


def test_a_cancelled_command_has_done_what_it_was_told() -> None:
    assert _code(asyncio.CancelledError()) == 0
