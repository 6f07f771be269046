"""Carry messages between the workers of one machine: a Unix datagram socket for each, in the folder they share.

Nothing waits: a message for a worker that is gone, or does not read, is lost (`ivr.fleet.messages`).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ivr.fleet.messages import LONGEST
from ivr.server.shared.worker_messages import WorkerMessage, decode_told, encode_told

MESSAGES_A_TURN: Final = 50
"""Messages read in one turn of the loop."""


class Control:
    """Hold the sockets of one worker. Belongs to the loop in which `open` is called."""

    def __init__(self, folder: Path, index: int) -> None:
        """Take the folder, and the index of this worker."""
        self._folder = folder
        self._index = index
        self._socket: socket.socket | None = None
        self._receive: Callable[[WorkerMessage], None] = lambda _message: None
        self.lost = 0
        """Messages that could not be sent or read, so far."""

    def __repr__(self) -> str:
        return f"<Control of worker {self._index}{'' if self._socket else ' closed'} lost={self.lost}>"

    def open(self, receive: Callable[[WorkerMessage], None]) -> None:
        """Listen, and give `receive` every message. Raises OSError."""
        path = self._path(self._index)
        # A dead worker of this index may have left its socket.
        path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            listening.setblocking(False)
            listening.bind(str(path))
            asyncio.get_running_loop().add_reader(listening, self._read)
        except BaseException:
            listening.close()
            raise
        self._socket, self._receive = listening, receive

    def close(self) -> None:
        """Listen no more."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
            with contextlib.suppress(OSError):
                self._path(self._index).unlink(missing_ok=True)

    def send(self, worker: int, message: WorkerMessage) -> bool:
        """Send a message to a worker, without waiting. False: it is lost."""
        written = encode_told(message)
        try:
            if self._socket is not None and written is not None:
                self._socket.sendto(written, str(self._path(worker)))
                return True
        except OSError:
            pass
        self.lost += 1
        return False

    def _read(self) -> None:
        for _ in range(MESSAGES_A_TURN):
            if self._socket is None:
                return
            try:
                written = self._socket.recv(LONGEST + 1)
            except OSError:
                return
            message = decode_told(written)
            if message is None:
                self.lost += 1
            else:
                self._receive(message)

    def _path(self, worker: int) -> Path:
        return self._folder / f"{worker}.sock"
