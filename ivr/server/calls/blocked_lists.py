"""Keep the numbers of the files of blocked callers, and read a file again when it has changed.

No call waits for it: a file is looked at beside the calls, in a thread, every few seconds in which calls come. A file
that cannot be read any more leaves the numbers as they were.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from ivr.config.line.callers import Blocked, Callers, read_blocked
from ivr.config.line.has import read_rows
from ivr.config.lines import Line

log = logging.getLogger("ivr.bridge")

LISTS_EVERY_S: Final = 5.0
"""Seconds between two looks at the files."""


class BlockedLists:
    """Hold what the files of one bridge's lines say."""

    def __init__(self, lines: Iterable[Line]) -> None:
        """Read the files of these lines."""
        self._paths = {file: line.has.folder / file for line in lines for file in line.has.callers.blocked_files}
        self._seen: dict[str, tuple[int, int]] = {}
        """Of each file: when it was changed, and its size."""
        self._found: dict[str, Blocked] = {}
        self._due = 0.0
        self._looking: asyncio.Future[None] | None = None
        self.read()

    def __repr__(self) -> str:
        return f"<BlockedLists {sum(map(len, self._found.values()))} in {len(self._paths)} files>"

    def of(self, callers: Callers) -> list[Blocked]:
        """Return what the files of a line say, as far as it was read, and look at them soon if it is time."""
        if not callers.blocked_files:
            return []
        self._look()
        return [self._found[file] for file in callers.blocked_files if file in self._found]

    def look_again(self) -> None:
        """Look at the files with the next call, however short ago that was done."""
        self._due = 0.0

    def read(self) -> None:
        """Read each file that has changed. From any thread, one at a time."""
        for file, path in self._paths.items():
            try:
                state = path.stat()
            except OSError:
                continue
            seen = state.st_mtime_ns, state.st_size
            if seen == self._seen.get(file):
                continue
            self._seen[file] = seen
            rows, problem = read_rows(path)
            if problem:
                log.warning("blocked_list_unread", extra={"file": file, "problem": problem})
                continue
            found, problems = read_blocked(rows, "line")
            again = file in self._found
            self._found[file] = found
            # At the start the settings have said what is wrong.
            if again:
                log.info("blocked_list", extra={"file": file, "entries": len(found), "left_out": len(problems)})

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._due or self._looking is not None:
            return
        self._due = loop.time() + LISTS_EVERY_S
        self._looking = loop.run_in_executor(None, self.read)
        self._looking.add_done_callback(self._looked)

    def _looked(self, look: asyncio.Future[None]) -> None:
        self._looking = None
        if not look.cancelled() and (error := look.exception()) is not None:
            log.error("blocked_list_failed", exc_info=error)
