"""The ingest route: a request in, its events into the store, an answer out; or a fault."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from collector.api import RESET, WebRequest, WebResponse

from ..ingest import answer
from ..ingest.body import uncompressed
from ..ingest.record import Record
from ..ingest.refusal import Refused
from ..ingest.request import ingest
from ..ingest.timestamp import SECOND, text_of
from ..limits import INGEST_PATH, status_of, token_id
from .access import check, token_of
from .faults import Fault, Faults
from .options import SandboxOptions
from .stats import Stats
from .store import Store

JSON = {"Content-Type": answer.CONTENT_TYPE}


@dataclass(frozen=True)
class Seen:
    """An ingest request as it arrived, without its token's secret."""

    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    #: The public part of the token.
    token: str
    #: Bytes on the wire, and the bytes themselves where the options say so.
    size: int
    body: bytes
    #: The status of the answer; 0 = reset.
    status: int
    #: When it was complete, ns since the epoch.
    time: int


@dataclass
class _Visit:
    """What is known of a request before its body."""

    token: str = ""
    fault: Fault | None = None


@dataclass
class Ingestion:
    """Takes requests. `on_accept` hears the JSON texts of what is stored."""

    reactor: Any
    options: SandboxOptions
    now: Callable[[], int]
    on_accept: Callable[[Sequence[bytes]], None]
    store: Store
    stats: Stats = field(default_factory=Stats)
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.seen: deque[Seen] = deque(maxlen=self.options.keep_requests)
        self._delayed: set[Deferred[WebResponse]] = set()

    def admit(self, request: WebRequest) -> WebResponse | None:
        """Token, then the fault script, before the body is read."""
        visit = request.note = _Visit(token_of(request))
        try:
            check(visit.token, self.options)
        except Refused as refused:
            return self._noted(request, self._refusal(refused))
        fault = visit.fault = self.faults.next()
        if fault is None or not fault.is_early:
            return None
        early = RESET if fault.reset else fault.answer(None, self._seconds())
        return self._noted(request, early)

    def handle(self, request: WebRequest) -> WebResponse | Deferred[WebResponse]:
        """The request is complete."""
        fault = request.note.fault
        if fault is None or not self._concerns(fault, request):
            return self._noted(request, self._take(request))
        right = self._take(request) if fault.accepts else None
        silent = fault.reset or fault.drop_answer
        wrong = RESET if silent else fault.answer(right, self._seconds())
        self._noted(request, wrong)
        return self._delay(wrong, fault.delay) if fault.delay else wrong

    def _concerns(self, fault: Fault, request: WebRequest) -> bool:
        rules, encoding = self.options.rules, request.headers.get("content-encoding", "")
        limit = rules.profile.limits.request
        try:
            return fault.concerns(uncompressed(request.body, encoding, limit, rules.unsupported))
        except Refused:
            return False  # it is refused for that

    def stop(self) -> None:
        """Answers that are delayed will not be given."""
        for later in list(self._delayed):
            later.cancel()

    def _take(self, request: WebRequest) -> WebResponse:
        options, now = self.options, self.now()
        try:
            taken = ingest(request.headers, request.query, request.body, options.rules, now)
        except Refused as refused:
            return self._refusal(refused)
        fixed = {
            "dt.auth.origin": token_id(request.note.token),
            "dt.ingest.format": taken.format,
            "dt.openpipeline.source": INGEST_PATH,
        }
        texts = [_stored(record, fixed) for record in taken.records]
        self.store.add(texts)
        self.stats.taken(taken)
        self.on_accept(texts)
        status, body = answer.taken(taken, options.style)
        return WebResponse(status, body, JSON if body else {})

    def _refusal(self, refused: Refused) -> WebResponse:
        self.stats.refused[refused.reason] += 1
        return WebResponse(refused.status, answer.refusal(refused), JSON)

    def _noted(self, request: WebRequest, response: WebResponse) -> WebResponse:
        """Count and remember what was asked and answered."""
        size = len(request.body)
        self.stats.requests += 1
        self.stats.bytes += size
        self.stats.status[response.status] += 1
        body = request.body if self.options.keep_bodies else b""
        headers = {**request.headers, "authorization": token_id(request.note.token)}
        query = [(name, value) for name, value in request.query if name.lower() != "api-token"]
        self.seen.append(
            Seen(
                path=request.path,
                query=query,
                headers=headers,
                token=token_id(request.note.token),
                size=size,
                body=body,
                status=response.status,
                time=self.now(),
            )
        )
        return response

    def _delay(self, response: WebResponse, seconds: float) -> Deferred[WebResponse]:
        later = deferLater(self.reactor, seconds, lambda: response)
        self._delayed.add(later)
        return later.addErrback(_gave_up).addBoth(self._undelayed, later)

    def _undelayed(self, response: WebResponse, later: Deferred[WebResponse]) -> WebResponse:
        self._delayed.discard(later)
        return response

    def _seconds(self) -> float:
        return self.now() / SECOND


def _gave_up(failure: Failure) -> WebResponse:
    failure.trap(CancelledError)  # type: ignore[no-untyped-call]
    return RESET


def _stored(record: Record, fixed: dict[str, str]) -> bytes:
    """The JSON text of a stored record: special fields, attributes, what ingest adds."""
    row: dict[str, Any] = {
        "timestamp": text_of(record.time),
        "loglevel": record.level,
        "status": status_of(record.level),
        "content": record.content,
        **record.attributes,
        **fixed,
    }
    if record.warnings:
        row["dt.ingest.warnings"] = record.warnings
    return orjson.dumps(row)
