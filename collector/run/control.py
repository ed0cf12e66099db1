"""The control socket `data_dir/control.sock`: HTTP for whoever may open it, which is our user.

The same commands will come over it that change something; what it takes is as good as a shell
of this user, so nothing else guards it than its mode.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import version
from ..inputs.web import WebLimits, WebResponse, WebServer
from ..metrics import Metrics
from ..tasks import wait
from .control_client import ControlClient, ControlError
from .routes import Look, Routes, add_reads, json_answer, sentence
from .unix_socket import LOCK_NAME, SOCKET_NAME, PrivateReactor, UnixSocket

__all__ = ["SOCKET_NAME", "Control", "ControlClient", "ControlError"]

#: How the names of gauges end that are a point in time.
_POINT = "_timestamp_seconds"
_LIMITS = WebLimits(max_body=1 << 20, max_buffered=4 << 20, max_connections=32)


class Control:
    """Started once, before anything else touches the data directory; stopped once.

    Others add to `routes` before it is started: reload, queue, dead letter, tap.
    """

    def __init__(
        self,
        reactor: Any,
        data_dir: Path,
        look: Look,
        config: str = "",
    ) -> None:
        self._look = look
        self.config = config
        self._started = time.time()
        self._socket = UnixSocket(data_dir)
        self.path = data_dir / SOCKET_NAME
        #: All that it has in the data directory.
        self.files = (self.path, data_dir / LOCK_NAME)
        self.routes = Routes()
        self.routes.add("GET", "/status", lambda _: self._status())
        add_reads(self.routes, look)
        self._server = WebServer(PrivateReactor(reactor), self.routes, _LIMITS, refuse=sentence)

    async def start(self) -> None:
        """Take the data directory and listen. Raises ListenError."""
        with self._socket.listening() as listener:
            self._server.adopt(listener)

    async def stop(self) -> None:
        """Close all and give the data directory back, also when it was not started."""
        await wait(self._server.stop())
        self._socket.close()

    async def _status(self) -> WebResponse:
        view = await self._look()
        counters, gauges = _counters(view.metrics), _gauges(view.metrics)
        components = [
            {
                **asdict(component),
                "counters": counters.get((component.kind, component.id), {}),
                "gauges": gauges.get((component.kind, component.id), {}),
            }
            for component in view.components
        ]
        started = datetime.fromtimestamp(self._started, UTC).isoformat(timespec="milliseconds")
        status = {
            "version": version(),
            "pid": os.getpid(),
            "started": started.replace("+00:00", "Z"),
            "config": self.config,
            "ready": view.ready,
            "healthy": all(component.healthy for component in view.components),
            "pipelines": view.pipelines,
            "workers": view.workers,
            "components": components,
        }
        return json_answer(200, status)


def _counters(metrics: Metrics) -> dict[tuple[str, str], dict[str, int]]:
    """By kind and id of the component: its counters, each summed over its other labels."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for (name, labels), n in metrics.counts.items():
        if labels:
            kind = labels[0][0]
            own, short = found.setdefault(labels[0], {}), name.removeprefix(f"{kind}_")
            own[short] = own.get(short, 0) + n
    return found


def _gauges(metrics: Metrics) -> dict[tuple[str, str], dict[str, float]]:
    """The same of gauges, read now; of points in time the latest."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for gauge in metrics.gauges:
        if gauge.labels:
            kind = gauge.labels[0][0]
            own, short = found.setdefault(gauge.labels[0], {}), gauge.name.removeprefix(f"{kind}_")
            have, value = own.get(short, 0), gauge.read()
            own[short] = max(have, value) if short.endswith(_POINT) else have + value
    return found
