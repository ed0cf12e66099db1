"""A request and a URL in; a receipt out, or the exception that says what to do next."""

from __future__ import annotations

from importlib.metadata import version

from collector.api import (
    Ambiguous,
    Context,
    Hold,
    HttpAnswer,
    HttpClient,
    NotSent,
    Receipt,
    Request,
    Retry,
)

from .answer import Taken, classify
from .credential import Credential
from .endpoint import label

#: Seconds between two log lines about requests taken in part.
_QUIET = 60.0
_PRODUCT = "twisted-log-collector"
_TOKEN_REFUSED = frozenset({401, 403})


class Sender:
    """Posts with the token in use, and counts and tells what is answered."""

    def __init__(self, client: HttpClient, credential: Credential, context: Context) -> None:
        self._client = client
        self._credential = credential
        self._context = context
        self._quiet_until = 0.0
        self._shared = (
            ("User-Agent", f"{_PRODUCT}/{version(_PRODUCT)}"),
            ("X-Dynatrace-Attr", f"dt.ingest.origin={_PRODUCT}"),
        )

    async def send(self, url: str, request: Request) -> Receipt:
        """One attempt. Raises Retry, Hold, TooLarge or Poison."""
        answer = await self.answer(url, request)
        secrets = self._credential.secrets
        taken = classify(answer.status, answer.headers, answer.body, secrets=secrets)
        rejected = min(taken.rejected or 0, request.events)
        if taken.rejected is None:
            self._context.count("partial_unknown", reason=taken.reason)
        elif rejected:
            self._context.count("refused_log_records", rejected, reason=taken.reason)
        if taken.rejected != 0:
            self._tell(taken)
        return Receipt(rejected, taken.wait)

    async def answer(self, url: str, request: Request) -> HttpAnswer:
        """The answer as it is. The second one, where the token was found changed after the first.

        Raises Retry or Hold when there is none.
        """
        self._credential.refresh()
        used = self._credential.header
        answer = await self._post(url, request)
        if answer.status in _TOKEN_REFUSED and self._credential.renewed(used):
            answer = await self._post(url, request)
        return answer

    async def _post(self, url: str, request: Request) -> HttpAnswer:
        count, where = self._context.count, label(url)
        try:
            answer = await self._client.post(url, self._headers(request), request.body)
        except NotSent as e:
            count("not_sent", endpoint=where)
            raise (Hold(str(e)) if e.lasting else Retry(str(e))) from None
        except Ambiguous as e:
            count("ambiguous", endpoint=where)
            raise Retry(str(e), ambiguous=True) from None
        count("responses", status=str(answer.status), endpoint=where)
        return answer

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        headers = [*self._shared, *request.headers]
        if self._credential.header:
            headers.append(("Authorization", self._credential.header))
        if request.encoding:
            headers.append(("Content-Encoding", request.encoding))
        return headers

    def _tell(self, taken: Taken) -> None:
        """Events are lost for a reason that only the server knows: say it, not too often."""
        now = self._context.reactor.seconds()
        if now < self._quiet_until:
            return
        self._quiet_until = now + _QUIET
        self._context.log.error(
            "{id}: the server took a request only in part: {message}",
            id=self._context.id,
            message=taken.message or "it did not say why",
        )
