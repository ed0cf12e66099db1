"""`python -m collector`."""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # the working directory: no module of ours is there, see ADR 0052
    from .run.cli.main import main

    sys.exit(main())
