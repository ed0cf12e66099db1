"""A request and a URL in; a receipt out, or the exception that says what to do next."""

from __future__ import annotations

from importlib.metadata import version

from collector.api import Context, HttpAnswer, HttpClient, HttpSender, Receipt, Request

from .answer import classify
from .credential import Credential
from .endpoint import label

_PRODUCT = "twisted-log-collector"
_TOKEN_REFUSED = frozenset({401, 403})


class Sender:
    """Posts with the token in use, and counts and tells what is answered."""

    def __init__(self, client: HttpClient, credential: Credential, context: Context) -> None:
        self._sender = HttpSender(client, context)
        self._credential = credential
        self._shared = (
            ("User-Agent", f"{_PRODUCT}/{version(_PRODUCT)}"),
            ("X-Dynatrace-Attr", f"dt.ingest.origin={_PRODUCT}"),
        )

    async def send(self, url: str, request: Request) -> Receipt:
        """One attempt. Raises Retry, Hold, TooLarge or Poison."""
        answer = await self.answer(url, request)
        secrets = self._credential.secrets
        taken = classify(answer.status, answer.headers, answer.body, secrets=secrets)
        return self._sender.receipt(
            request.events, taken.rejected, taken.reason, taken.message, taken.wait
        )

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
        return await self._sender.post(url, self._headers(request), request.body, label(url))

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        headers = [*self._shared, *request.headers]
        if self._credential.header:
            headers.append(("Authorization", self._credential.header))
        if request.encoding:
            headers.append(("Content-Encoding", request.encoding))
        return headers
