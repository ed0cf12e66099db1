"""What the process of a worker runs first, with the arguments of `worker`.

What it imports and builds until it has started stays, so to look for garbage in that finds nothing,
and is a tenth of the CPU time of a start. `freeze_started` lets the collector of garbage begin.
"""

from __future__ import annotations

import gc
import sys

gc.disable()

from .worker import main  # noqa: E402 after that, or it would be for little

if __name__ == "__main__":
    sys.exit(main())
