"""`python -m stamp` is the command `stamp`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
