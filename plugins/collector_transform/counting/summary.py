"""What an event says that stands for several: how many, and when the first and the last came."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from collector.api import Config, Duration, Event

FIRST, LAST = "first_observed_timestamp", "last_observed_timestamp"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError) as e:  # what it raises depends on the name's form
        raise ValueError("expected the IANA name of a time zone, such as Europe/Vienna") from e
    return name


class SummaryConfig(Config):
    """Keys of the processors that count events of an interval by key."""

    #: Time after which what was counted is told.
    interval: Annotated[Duration, Field(gt=0)] = 10.0
    #: The attribute with the number.
    log_count_attribute: Annotated[str, Field(min_length=1)] = "log_count"
    #: IANA name of the zone of the two timestamps, such as `Europe/Vienna`.
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    #: Keys that are counted at a time, and 64 MiB of them. Events of others go on and are counted
    #: in `otelcol_processor_bypassed_items_total`.
    max_keys: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000

    def stamp(self, event: Event, count: int, first: int, last: int) -> None:
        """Say it in an event. Times in nanoseconds."""
        event.attributes[self.log_count_attribute] = count
        event.attributes[FIRST] = _shown(first // 10**9, self.timezone)
        event.attributes[LAST] = _shown(last // 10**9, self.timezone)


@lru_cache(256)
def _shown(second: int, zone: str) -> str:
    """RFC 3339."""
    moment = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone))
    return moment.isoformat().replace("+00:00", "Z")
