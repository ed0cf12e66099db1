"""What a user may say of any receiver: the keys that are the core's, the same for all."""

from __future__ import annotations

from typing import Literal

from ..component import Config


class IntakeOptions(Config):
    """The core's part of a receiver's block."""

    #: When a sender that waits for an answer gets it. stored: when every exporter has its events
    #: in its queue. delivered: when every destination has taken them.
    ack: Literal["stored", "delivered"] = "stored"
