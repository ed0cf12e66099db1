"""How this process keeps its memory: what a batch frees, the next batch takes again."""

from __future__ import annotations

import ctypes
import gc
import sys

#: Objects made between two looks of the garbage collector. Batches come and go without
#: cycles, and what lives long is frozen once all is started.
_GC_THRESHOLD = (50_000, 20, 20)
# mallopt(3), of glibc.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
#: Free memory at the top of the heap that is kept, and the size from which a block is mapped
#: for itself. glibc gives both back at once by default, and to fault the pages in again costs
#: up to 2.4 us each: 0.5 us an event.
_KEPT, _MAPPED = 64 << 20, 32 << 20


def keep_heap() -> None:
    """Keep freed memory for the next batch. Where the C library is not glibc, do nothing."""
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl
        return
    mallopt(_M_TRIM_THRESHOLD, _KEPT)
    mallopt(_M_MMAP_THRESHOLD, _MAPPED)


def freeze_started() -> None:
    """All is started: what is there now lives as long as the process. Then look for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLD)
    gc.enable()
