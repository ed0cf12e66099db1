"""One real event to each endpoint, for `collector validate --live`: what works, what is wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from collector.api import Hold, HttpAnswer, Poison, Retry, TooLarge, shown

from .answer import classify
from .endpoint import label

#: Seconds for an endpoint: less than the command has for all of them.
PATIENCE = 15.0
#: The API answers so when it has accepted URL and token and has no room.
_BUSY = frozenset({429, 503})

#: Sends the event to a URL. Raises Retry or Hold when there is no answer.
Post = Callable[[str], Awaitable[HttpAnswer]]


class Finding(NamedTuple):
    """What was found of one endpoint."""

    works: bool
    text: str


async def verified(urls: Sequence[str], post: Post, secrets: Sequence[str]) -> str:
    """A line for each endpoint. Raises Hold with them when one of them does not work."""
    found = await asyncio.gather(*(_finding(url, post, secrets) for url in urls))
    if all(finding.works for finding in found):
        return "\n".join(finding.text for finding in found)
    if len(found) == 1:
        raise Hold(found[0].text)
    bad = sum(not finding.works for finding in found)
    lines = (f"{'OK' if finding.works else 'FAILED'}: {finding.text}" for finding in found)
    raise Hold("\n".join([f"{bad} of {len(found)} endpoints did not work", *lines]))


async def _finding(url: str, post: Post, secrets: Sequence[str]) -> Finding:
    began, where = time.monotonic(), label(url)
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await post(url)
    except TimeoutError:
        return Finding(False, f"{where}: no answer within {PATIENCE:.0f} s")
    except (Retry, Hold) as e:
        return Finding(False, str(e) if where in str(e) else f"{where}: {e}")
    after = f"after {(time.monotonic() - began) * 1000:.0f} ms"
    works, text = _judged(answer, secrets)
    return Finding(works, f"{where}: {text}, {after}" if works else f"{where}: {text}")


def _judged(answer: HttpAnswer, secrets: Sequence[str]) -> Finding:
    status = answer.status
    if status in _BUSY and answer.body.lstrip().startswith(b"{"):
        said = shown(answer.body, secrets)
        return Finding(True, f"URL and token are right, but it is busy now ({status}: {said})")
    try:
        taken = classify(status, answer.headers, answer.body, secrets=secrets)
    except Hold as e:
        return Finding(False, str(e))
    except Retry as e:
        return Finding(False, f"it does not take events now: {e}")
    except (TooLarge, Poison) as e:
        return Finding(False, f"it refused the event with {e}")
    if taken.rejected:
        return Finding(False, f"it left the event out: {taken.message}")
    said = f" ({taken.message})" if taken.message else ""
    return Finding(True, f"took one event, status {status}{said}")
