"""How a log line looks."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from ivr.observe import logs


@pytest.fixture(autouse=True)
def _own_root() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for ours in [handler for handler in root.handlers if handler not in handlers]:
        ours.close()
    root.handlers[:], root.level = handlers, level


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Take down what a test has set up: later tests must not write past pytest's capture."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def record(event: str = "overlap", *, broken: bool = False, **extra: object) -> logging.LogRecord:
    exc_info = None
    if broken:
        try:
            raise KeyError("what broke")
        except KeyError:
            exc_info = sys.exc_info()
    made = logging.getLogger("ivr.call").makeRecord(
        "ivr.call", logging.INFO, "x.py", 1, event, (), exc_info, extra=dict(extra)
    )
    made.created, made.msecs = 1_700_000_000.25, 250.0
    return made


def test_text_is_one_line_with_its_fields() -> None:
    line = logs.TextFormatter().format(record(call="CA1", verdict="commit", ms=140))
    assert line.endswith(".250 info ivr.call overlap call=CA1 verdict=commit ms=140")
    assert "\n" not in line


def test_json_is_one_object_in_utc() -> None:
    line = logs.JsonFormatter().format(record(call="CA1", ms=140, language="العربية", odd={1}))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "info",
        "logger": "ivr.call",
        "event": "overlap",
        "call": "CA1",
        "ms": 140,
        "language": "العربية",
        "odd": "{1}",
    }


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
def test_a_traceback_comes_along(formatter: logging.Formatter) -> None:
    line = formatter.format(record("call_failed", broken=True, call="CA1"))
    assert "KeyError: 'what broke'" in line
    if isinstance(formatter, logs.JsonFormatter):
        assert "\n" not in line
        assert "KeyError" in json.loads(line)["traceback"]


def test_a_field_cannot_break_the_line() -> None:
    line = logs.TextFormatter().format(record(call="CA1\nforged line", reason="two words", empty="", quoted='a"b'))
    assert "\n" not in line
    assert "reason='two words'" in line
    assert "empty=''" in line
    assert "call='CA1\\nforged line'" in line


def test_fields_are_what_was_given_and_nothing_else() -> None:
    assert logs.fields_of(record(call="CA1", color_message="x", n=0)) == {"call": "CA1", "n": 0}
    assert logs.fields_of(record()) == {}


@pytest.mark.parametrize("form", ["text", "json"])
def test_it_is_set_up_once_and_libraries_keep_quiet(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text")
    writer = logs.set_up("json" if form == "json" else "text")
    logging.getLogger("ivr.x").info("started", extra={"calls": 0})
    logging.getLogger("ivr.x").debug("never")
    logging.getLogger("httpx").info("GET http://secret")
    writer.flush()
    [line] = capfd.readouterr().err.splitlines()
    assert ("calls=0" in line) if form == "text" else json.loads(line)["calls"] == 0


@pytest.mark.parametrize(
    ("event", "fields", "most"),
    [
        ("refused", {"route": "tts", "reason": "no_signature"}, 5),
        ("turned_away", {"document": "busy"}, 5),
        ("peer_fault", {"call": "CA1", "wire": "phone", "reason": "not_json"}, logs.OF_ONE_CALL),
    ],
)
def test_a_flood_of_one_kind_is_a_few_lines(
    event: str, fields: dict[str, str], most: int, capfd: pytest.CaptureFixture[str]
) -> None:
    writer = logs.set_up("json")
    log = logging.getLogger("ivr.app")
    for _ in range(5000):
        log.warning(event, extra=fields)
    # What is about something else is written all the same.
    for number in range(20):
        log.warning("reply_failed", extra={"call": f"CA{number}", "reason": "http_500"})
        log.info("answered", extra={"call": f"CA{number}"})
    writer.flush()
    events = Counter(json.loads(line)["event"] for line in capfd.readouterr().err.splitlines())
    # One more for every ten seconds, or second, that this takes.
    assert most <= events[event] < most + 15
    assert (events["reply_failed"], events["answered"]) == (20, 20)


def test_what_was_left_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([*[0.0] * 8, 11.0])
    monkeypatch.setattr("time.monotonic", lambda: next(times))
    sparing = logs.Sparing()
    records = [logging.makeLogRecord({"msg": "refused", "levelno": logging.WARNING}) for _ in range(9)]
    assert [sparing.filter(one) for one in records] == [True] * 5 + [False] * 3 + [True]
    assert logs.fields_of(records[-1]) == {"left_out": 3}


def test_nobody_s_path_comes_into_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    writer = logs.set_up("text")
    logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" 403', "127.0.0.1:1", "/media?whatever")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    writer.flush()
    assert "whatever" not in (told := capfd.readouterr().err)
    assert "Invalid HTTP request" in told
