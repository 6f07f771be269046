"""The parent where the system gives no process."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import NoReturn

import pytest

from ivr.server.workers.supervisor import Supervisor
from tests.support.front import settings


def test_without_a_process_for_any_worker_the_parent_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_process() -> NoReturn:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", no_process)
    monkeypatch.setattr("gc.freeze", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    supervisor = Supervisor(settings(tmp_path, IVR_HOST="127.0.0.1", IVR_PORT=str(port)), 2, tmp_path)
    with pytest.raises(ValueError, match=r"^IVR_WORKERS: no process can be started: Resource temporarily unavailable$"):
        supervisor.run()
