"""A configuration in; for each of its exporters, what it found when it tried its destination.

Nothing is written to the data directory, no port is opened and no receiver is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from twisted.logger import Logger

from ..config.description import ComponentSpec, Description
from ..context import Context
from .hidden import secrets_in
from .redactor import Redactor, printable

#: Seconds for an exporter, and for its end.
DEADLINE = 20.0
_CLOSING = 2.0


@dataclass(frozen=True)
class Verified:
    """What became of one exporter. `text` has no secrets, and a line for each thing found."""

    id: str
    works: bool
    text: str

    def lines(self) -> Iterable[str]:
        """As a person reads it."""
        first, *others = self.text.splitlines() or [""]
        verdict = "OK" if self.works else "FAILED"
        yield printable(f"{self.id}: {verdict}: {first}")
        for line in others:
            yield f"  {printable(line)}"


async def verified(
    description: Description, reactor: Any, deadline: float = DEADLINE
) -> AsyncIterator[Verified]:
    """The exporters that pipelines name, in the order of the file, one after the other."""
    redact = Redactor(secrets_in(description))
    named = set(description.exporters)
    for (section, id), spec in description.components.items():
        if section == "exporters" and id in named:
            works, text = await _tried(spec, reactor, deadline)
            yield Verified(id, works, redact(text))


async def _tried(spec: ComponentSpec, reactor: Any, deadline: float) -> tuple[bool, str]:
    try:
        exporter: Any = spec.cls(spec.config, _context(spec, reactor))
    except Exception as e:  # noqa: BLE001  a plugin's fault is an answer, too
        return False, f"cannot be made: {type(e).__name__}"
    try:
        async with asyncio.timeout(deadline):
            await exporter.start()
            return True, await exporter.verify() or "nothing to check"
    except TimeoutError:
        return False, f"nothing was found within {deadline:g} s"
    except Exception as e:  # noqa: BLE001  as above
        return False, str(e) or type(e).__name__
    finally:
        with suppress(Exception):
            async with asyncio.timeout(_CLOSING):
                await exporter.stop()


def _context(spec: ComponentSpec, reactor: Any) -> Context:
    log = Logger(namespace="collector.exporter", source=spec.id)
    return Context(id=spec.id, kind="exporter", reactor=reactor, log=log)
