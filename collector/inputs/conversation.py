"""Framings that also speak: they greet a connection, answer it, and end it.

A receiver's `framing` may return one in place of a `Framing`: there is one for each connection,
so it is also the place for what is known of that connection.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..event import Resource
from .framing import Framing


class Peer(Protocol):
    """The other end of a connection."""

    ip: str
    #: Of the events of its frames; may be replaced when more is known of the peer.
    resource: Resource

    @property
    def unsent(self) -> int:
        """Bytes written that it has not made room for. At 1 MiB it is cut off."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes, in one segment where the network allows. Nothing once it is gone."""
        ...

    def pause(self) -> None:
        """Read no more from it; a read under way may still bring something."""
        ...

    def resume(self) -> None:
        """Read again. Nothing once it is gone."""
        ...

    def end(self) -> None:
        """Send what was written and close; what still comes is thrown away.

        The peer has two seconds to read and to close its side: a connection that is closed with
        unread bytes is reset, and takes what was written last with it.
        """
        ...

    def hang_up(self) -> None:
        """Send what was written, and the end of that; what still comes is taken as before.

        For a peer that waits for no answer: it hears that it shall come again, and loses nothing.
        """
        ...


@runtime_checkable
class Conversation(Framing, Protocol):
    """A framing for one connection that knows its peer."""

    def begin(self, peer: Peer) -> None:
        """The connection is open. Called once, before `feed`. Must not raise."""
        ...

    def closed(self) -> None:
        """The connection is gone. Called once, the last call. Must not raise."""
        ...


@runtime_checkable
class Parting(Protocol):
    """A `Conversation` that can be asked to end; others are cut off when the time is over."""

    def part(self) -> None:
        """Another process takes over: end once what has come is answered, as the protocol has it.

        Called once, after `begin`; more may come meanwhile. Must not raise.
        """
        ...
