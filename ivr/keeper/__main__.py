"""Begin the keeper: `python -m ivr.keeper FD`, as `ivr serve` does."""

from __future__ import annotations

import sys

from ivr.keeper.process import main

if __name__ == "__main__":
    main(int(sys.argv[1]))
