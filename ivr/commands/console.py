"""Print for the operator, on standard output and on standard error."""

from __future__ import annotations

from rich.console import Console

# Lines are not cut at the window's width: an operator copies URLs out of them.
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
