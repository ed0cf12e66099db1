"""Whose code it is: the frames of a stack in, the context of the innermost component out.

A component is known by the `self` of its methods, and of the core's objects that work for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import PurePath
from types import FrameType, TracebackType

from twisted.python.failure import Failure

from .context import Context


def stack_of(frame: FrameType | None) -> Iterator[FrameType]:
    """The frame and those that called it."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def component_in(frames: Iterator[FrameType]) -> Context | None:
    """The context of the first component in them; begin with the innermost."""
    return next(filter(None, map(_context, frames)), None)


def _context(frame: FrameType) -> Context | None:
    try:
        # Past __getattr__ and properties: they are the plugin's code, and it may be stuck.
        own = object.__getattribute__(frame.f_locals.get("self"), "__dict__")
    except AttributeError:  # no method, or an object with slots
        return None
    found = own.get("context") or own.get("_context")
    return found if isinstance(found, Context) else None


def place_of(frames: Iterator[FrameType], package: str) -> str:
    """`module.py:12 in parse` of the first frame in the package; of the first at all if none is."""
    first = ""
    for frame in frames:
        name = PurePath(frame.f_code.co_filename).name
        here = f"{name}:{frame.f_lineno} in {frame.f_code.co_name}"
        if str(frame.f_globals.get("__name__")).partition(".")[0] == package:
            return here
        first = first or here
    return first


def note_component(failure: Failure) -> Failure:
    """For an errback: keep whose it is with it, for its frames will go."""
    failure.component = context_of(failure)  # type: ignore[attr-defined]
    return failure


def context_of(failure: Failure) -> Context | None:
    """The context of the component that raised it, where that can be found."""
    known: Context | None = getattr(failure, "component", None)
    return known or component_in(_frames(failure.tb))


class Authors:
    """Components by the file of their class: whose a failure is when its frames are gone.

    That is what Twisted leaves of one that nobody handled, as in the Deferred of a LoopingCall.
    """

    def __init__(self) -> None:
        self._by_file: dict[str, set[tuple[str, str]]] = {}
        self._contexts: dict[tuple[str, str], Context] = {}

    def know(self, cls: type, context: Context) -> None:
        """A component of that class."""
        file = str(getattr(sys.modules.get(cls.__module__), "__file__", None))
        key = context.kind, context.id
        self._by_file.setdefault(file, set()).add(key)
        self._contexts[key] = context

    def of(self, failure: Failure) -> Context | None:
        """The context of the only component that it can be."""
        for frame in reversed(failure.frames):
            found = self._by_file.get(frame[1], set())
            if found:
                return self._contexts[min(found)] if len(found) == 1 else None
        return None


def _frames(traceback: TracebackType | None) -> Iterator[FrameType]:
    """Innermost first."""
    found: list[FrameType] = []
    while traceback is not None:
        found.append(traceback.tb_frame)
        traceback = traceback.tb_next
    return reversed(found)
