"""Name the operators of tests, one of each role."""

from __future__ import annotations

from typing import Final

from tests.config.test_operators import OTHER, TOKEN

LISTENER: Final = "Hq2vD7sNw5xJc8bTk1mRzY4e"
TOKENS: Final = f"sara:act:{TOKEN},ali:view:{OTHER},huda:listen:{LISTENER}"
