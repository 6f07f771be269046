"""How the server's log looks: one event a line, with its fields, as text or as JSON.

Events are fixed words, fields are numbers and fixed words: no speech, no digits, no phone numbers, no secrets. Whoever
logs gives the fields as `extra`; the call is always among them.

Warnings that are about no call may come from anybody who finds the port, thousands a second: `Sparing` lets the first
few through and then one now and then, with `left_out`.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping
from typing import Any, Literal

from ivr.observe.rate_limit import RateLimit

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def fitted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as `logging` takes them: a name it keeps for itself gets a line behind it."""
    return {(f"{name}_" if name in _OWN else name): value for name, value in fields.items()}


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _OWN}


class TextFormatter(logging.Formatter):
    """`12:00:00.123 info ivr.session.session overlap call=CA.. verdict=commit`"""

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%H:%M:%S", time.localtime(record.created))
        head = f"{stamp}.{int(record.msecs):03d} {record.levelname.lower()} {record.name} {record.getMessage()}"
        line = " ".join([head, *(f"{name}={_shown(value)}" for name, value in fields_of(record).items())])
        return line + (f"\n{self.formatException(record.exc_info)}" if record.exc_info else "")


class JsonFormatter(logging.Formatter):
    """One JSON object a line, times in UTC."""

    def format(self, record: logging.LogRecord) -> str:
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
    """Leaves out warnings that repeat themselves, unless they are a call's. Others and their own count stay exact."""

    def __init__(self) -> None:
        super().__init__()
        self._repeats = RateLimit()

    def filter(self, record: logging.LogRecord) -> bool:
        fields = fields_of(record)
        if record.levelno < logging.WARNING or "call" in fields:
            return True
        words = tuple(value for value in fields.values() if isinstance(value, str))
        left_out = self._repeats.tell((record.name, record.msg, words), time.monotonic())
        if left_out:
            record.left_out = left_out
        return left_out is not None


def _shown(value: object) -> str:
    """A value that leaves the line whole: quoted when it is more than one word."""
    text = str(value)
    return text if text.isprintable() and not set(text) & set(" \"'=") and text else repr(text)


def set_up(form: Literal["text", "json"]) -> None:
    """Log to standard error from now on."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    stream.addFilter(Sparing())
    logging.basicConfig(handlers=[stream], level=logging.INFO, force=True)
    # uvicorn tells of every handshake, with the path and the query that somebody chose
    for loud in ("httpx", "httpcore", "websockets", "twilio", "uvicorn.error"):
        logging.getLogger(loud).setLevel(logging.WARNING)
