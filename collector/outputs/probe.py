"""One real event, for `collector validate --live`.

Nothing less shows that all is there which a destination needs to take events.
"""

from __future__ import annotations

import time

from ..event import INFO, Batch, Event, Resource


def probe() -> Batch:
    """What is sent: it says of itself what it is."""
    source = Resource({"log.source": "collector validate --live"})
    text = "collector: test of the connection"
    return Batch(
        [Event(time.time_ns(), text, {"collector.test": True}, INFO, "info", resource=source)]
    )
