"""Say which of the machine's workers a process is. Each worker is a process of its own; all listen on one port."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Worker:
    """Name one worker. The default is a process that serves alone."""

    index: int = 0
    """From 0. A worker that is started again in the place of a dead one has the index of that one."""
    count: int = 1
    """Workers of the machine."""
    folder: Path | None = None
    """Where the workers keep what they share, made by `prepare_folder`; None: the process serves alone."""
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """Signs the tokens where the carrier and the bridge share no secret. The parent draws it, for all workers."""
    pid: int = field(default_factory=os.getpid)
    """Tells a worker from the one that had this index before."""

    def __post_init__(self) -> None:
        """Raise ValueError for a worker that there cannot be."""
        if not 0 <= self.index < self.count or (self.count > 1 and self.folder is None):
            raise ValueError(f"there is no worker {self.index} of {self.count} in {self.folder}")

    def share(self, calls: int) -> int:
        """Return how many of the machine's calls are this worker's part. All parts together are `calls`."""
        return calls // self.count + (self.index < calls % self.count)
