"""`python -m collector`."""

import sys

from .run.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
