"""A sender of messages over gRPC, with the library that SDKs use."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

import grpc

_METHOD = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"


def call(port: int, messages: Sequence[memoryview], channels: int) -> None:
    """Each channel sends the next message when it has its answer. Raises at an error."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    waiting, lock = iter(messages), threading.Lock()
    failures: list[grpc.RpcError] = []

    def send() -> None:
        # Channels to one address would share a connection.
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
            export = channel.unary_unary(_METHOD)
            while not failures:
                with lock:
                    message = next(waiting, None)
                if message is None:
                    return
                try:
                    export(bytes(message), timeout=60)
                except grpc.RpcError as e:
                    failures.append(e)

    threads = [threading.Thread(target=send) for _ in range(channels)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
