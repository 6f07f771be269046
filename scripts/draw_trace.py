"""Draw the trace of a call for docs/tracing.md: `python -m scripts.draw_trace` places a call in memory and prints it.

The trace is what a collector gets over OTLP from the bridge, of a call with the shipped mocks in virtual time.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.support.collector import Collector, ReceivedSpan, collecting
from tests.whole.world import BYE, QUESTION, call, render_phrases

WIDTH = 64
"""Columns of the time line."""


def lines(collector: Collector, span: ReceivedSpan, root: ReceivedSpan, depth: int = 0) -> list[str]:
    """Return a line for a span and each below it: its name, its time, and when it was."""
    scale = WIDTH / (root.end - root.start)
    begins, ends = (round((at - root.start) * scale) for at in (span.start, span.end))
    bar = " " * begins + "█" * max(1, ends - begins)
    name = f"{'  ' * depth}{span.name}"
    found = [f"{name:<14}{span.end - span.start:>7.2f} s  {bar}".rstrip()]
    for one in collector.below(span):
        found += lines(collector, one, root, depth + 1)
    return found


def main() -> None:
    """Print the trace of a call."""
    with tempfile.TemporaryDirectory() as name, collecting() as collector:
        folder = Path(name)
        render_phrases(folder)
        endpoint = f"http://127.0.0.1:{collector.port}"
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
        call(folder, [f"say {QUESTION}", f"say {BYE}", "wait"], OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
        [root] = [span for span in collector.spans if not span.parent]
        print("\n".join(lines(collector, root, root)))


if __name__ == "__main__":
    main()
