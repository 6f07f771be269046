"""Format the server's log: one event a line, with its fields, as text or as JSON.

Events are fixed words; fields are numbers and fixed words: no speech, no digits, no phone numbers, no secrets. A log
call gives the fields as `extra`. A line about a call always has the field `call`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any, Final, Literal

from ivr.observe.log_writer import LogWriter
from ivr.observe.rate_limit import RateLimit

OF_ONE_CALL: Final = 100
"""Lines of one event of one call that are all written. A call with a flood of them has one a second after that."""
OF_ONE_CALL_REPEAT_S: Final = 1.0

_RECORD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def fitted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as `logging` takes them: a name that `logging` uses itself gets an underscore."""
    return {(f"{name}_" if name in _RECORD_FIELDS else name): value for name, value in fields.items()}


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what was given as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _RECORD_FIELDS}


class TextFormatter(logging.Formatter):
    """Write a line such as `12:00:00.123 info ivr.session overlap call=CA.. verdict=commit`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and a traceback below it."""
        stamp = time.strftime("%H:%M:%S", time.localtime(record.created))
        head = f"{stamp}.{int(record.msecs):03d} {record.levelname.lower()} {record.name} {record.getMessage()}"
        line = " ".join([head, *(f"{name}={_shown(value)}" for name, value in fields_of(record).items())])
        return line + (f"\n{self.formatException(record.exc_info)}" if record.exc_info else "")


class JsonFormatter(logging.Formatter):
    """Write one JSON object a line, times in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is one of its fields."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry = {
            "time": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **fields_of(record),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


class Sparing(logging.Filter):
    """Leave out lines that repeat themselves, and count them in `left_out`."""

    def __init__(self) -> None:
        super().__init__()
        self._repeats = RateLimit()
        self._of_calls = RateLimit(OF_ONE_CALL, OF_ONE_CALL_REPEAT_S, kinds=2000)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        fields, now = fields_of(record), time.monotonic()
        # Anyone who finds the port can cause warnings about no call, by the thousand a second; a phone can cause lines
        # about its own call. Every line is of one or the other kind.
        if record.levelno < logging.WARNING or "call" in fields:
            left_out = self._of_calls.tell((record.name, record.msg, fields.get("call")), now)
        else:
            words = tuple(value for value in fields.values() if isinstance(value, str))
            left_out = self._repeats.tell((record.name, record.msg, words), now)
        if left_out:
            record.left_out = left_out
        return left_out is not None


def _shown(value: object) -> str:
    """Return a value that keeps the line whole: quoted when it is more than one word."""
    text = str(value)
    return text if text.isprintable() and not set(text) & set(" \"'=") and text else repr(text)


class WorkerFilter(logging.Filter):
    """Give every line the number of the worker."""

    def __init__(self, worker: int) -> None:
        super().__init__()
        self._worker = worker

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the field `worker`; every line is written."""
        record.worker = self._worker
        return True


def set_up(form: Literal["text", "json"], *, worker: int | None = None) -> LogWriter:
    """Start to log to standard error, and return what writes there. `worker`: this process's number among several."""
    writer = LogWriter()
    if worker is not None:
        writer.addFilter(WorkerFilter(worker))
    begin(writer, form)
    return writer


def begin(writer: logging.Handler, form: Literal["text", "json"]) -> None:
    """Log to this handler alone."""
    writer.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    writer.addFilter(Sparing())
    logging.basicConfig(handlers=[writer], level=logging.INFO, force=True)
    # uvicorn logs every handshake, with a path and a query that a stranger may have chosen.
    for loud in ("httpx", "httpcore", "websockets", "twilio", "uvicorn.error"):
        logging.getLogger(loud).setLevel(logging.WARNING)
