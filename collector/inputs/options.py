"""What a user may say of any receiver: the keys that are the core's, the same for all."""

from __future__ import annotations

from typing import Literal

from ..component import Config


class IntakeOptions(Config):
    """The core's part of a receiver's block."""

    #: When a sender that waits for an answer gets it. `stored`: every exporter has its events in
    #: its queue, which is on the disk unless `queue.type` says otherwise. `delivered`: every
    #: destination has taken them. After 30 s without either, it is told to send them again.
    ack: Literal["stored", "delivered"] = "stored"
