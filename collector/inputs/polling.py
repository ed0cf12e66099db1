"""One poll object for all descriptors of a listener; it has a descriptor of its own.

Linux has epoll; elsewhere the best of `selectors` serves, with the same three methods.
"""

from __future__ import annotations

import select
import selectors
from typing import Protocol

READ, WRITE = 1, 4  # epoll's EPOLLIN and EPOLLOUT


class Poll(Protocol):
    """What a listener needs of epoll."""

    def register(self, fd: int, events: int, /) -> None: ...
    def modify(self, fd: int, events: int, /) -> None: ...
    def unregister(self, fd: int, /) -> None: ...
    def poll(self, timeout: float, maxevents: int, /) -> list[tuple[int, int]]: ...
    def close(self) -> None: ...


def new_poll() -> tuple[Poll, int | None]:
    """A poll object, and the descriptor that is readable when it has something to tell."""
    if hasattr(select, "epoll"):
        epoll = select.epoll()
        return epoll, epoll.fileno()
    return SelectorPoll(selectors.DefaultSelector()), None


class SelectorPoll:
    """A selector with epoll's methods."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector

    def register(self, fd: int, events: int) -> None:
        """See `Poll`."""
        self._selector.register(fd, _selected(events))

    def modify(self, fd: int, events: int) -> None:
        """See `Poll`."""
        if fd in self._selector.get_map():
            self._selector.unregister(fd)
        if events:  # a selector takes no descriptor of which nothing is wanted
            self.register(fd, events)

    def unregister(self, fd: int) -> None:
        """See `Poll`."""
        self.modify(fd, 0)

    def poll(self, timeout: float, maxevents: int) -> list[tuple[int, int]]:
        """See `Poll`."""
        ready = self._selector.select(timeout)[:maxevents]
        return [
            (
                key.fd,
                (READ if events & selectors.EVENT_READ else 0)
                | (WRITE if events & selectors.EVENT_WRITE else 0),
            )
            for key, events in ready
        ]

    def close(self) -> None:
        """See `Poll`."""
        self._selector.close()


def _selected(events: int) -> int:
    return (selectors.EVENT_READ if events & READ else 0) | (
        selectors.EVENT_WRITE if events & WRITE else 0
    )
