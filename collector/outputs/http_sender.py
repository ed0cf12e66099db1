"""Posts of an exporter: counted, told, and their failures as what the core understands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from ..context import Context
from ..request import Hold, Receipt, Retry
from .http import Ambiguous, HttpAnswer, HttpClient, NotSent

#: Seconds between two log lines about requests taken in part.
_QUIET = 60.0


class HttpSender:
    """Of one exporter, which says `counters` among its own."""

    counters: ClassVar[Mapping[str, str]] = {
        "responses": "Answers of the server, by status and endpoint.",
        "not_sent": "Requests that did not reach the server.",
        "ambiguous": "Requests without an answer: sent again, and perhaps stored twice.",
        "refused_log_records": "Events that the server left out of a request it took, by reason.",
    }

    def __init__(self, client: HttpClient, context: Context) -> None:
        self._client = client
        self._context = context
        self._quiet_until = 0.0

    async def post(
        self, url: str, headers: Iterable[tuple[str, str]], body: bytes, endpoint: str
    ) -> HttpAnswer:
        """The answer, whatever it is. Raises Retry or Hold when there is none.

        `endpoint` is the URL as counters name it.
        """
        count = self._context.count
        try:
            answer = await self._client.post(url, headers, body)
        except NotSent as e:
            count("not_sent", endpoint=endpoint)
            raise (Hold(str(e)) if e.lasting else Retry(str(e))) from None
        except Ambiguous as e:
            count("ambiguous", endpoint=endpoint)
            raise Retry(str(e), ambiguous=True) from None
        count("responses", status=str(answer.status), endpoint=endpoint)
        return answer

    async def close(self) -> None:
        """Close the client."""
        await self._client.close()

    def receipt(
        self, events: int, rejected: int | None, reason: str, message: str, wait: float
    ) -> Receipt:
        """Of a request of so many events that was taken. None: it is not known how many were not.

        They are lost for a reason that only the server knows, which is counted and told.
        """
        lost = min(rejected or 0, events)
        if rejected is None:
            self._context.count("partial_unknown", reason=reason)
        elif lost:
            self._context.count("refused_log_records", lost, reason=reason)
        if rejected != 0:
            self._tell(message)
        return Receipt(lost, wait)

    def _tell(self, message: str) -> None:
        now = self._context.reactor.seconds()
        if now < self._quiet_until:
            return
        self._quiet_until = now + _QUIET
        self._context.log.error(
            "{id}: the server took a request only in part: {why}",
            id=self._context.id,
            why=message or "it did not say why",  # `message` is taken, by Twisted's old log
        )
