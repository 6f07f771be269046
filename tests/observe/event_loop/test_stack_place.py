"""Where a thread stands, in words without the value of any variable."""

from __future__ import annotations

import json
import sys
import types
from types import FrameType
from typing import Any

import pytest

from ivr.observe.event_loop.stack_place import StackPlace, cause, outer_codes, place

HERE = r"test_stack_place.py:\d+"


def stack(source: str, module: str, then: Any = None) -> FrameType:
    """Return the frame of a function `f`, of a module of that name, that calls `then`."""
    scope = types.ModuleType(module).__dict__
    path = f"/a/machine/{module.replace('.', '/')}.py"
    scope["then"], scope["frame"] = then or (lambda: sys._getframe(1)), sys._getframe
    exec(compile(source, path, "exec"), scope)  # noqa: S102
    found: FrameType = scope["f"]()
    return found


CALLS = "def f():\n    password = 'secret'\n    return then()"


def test_a_place_is_the_deepest_line_of_the_bridge() -> None:
    ours = stack(CALLS, "ivr.text.number")
    assert place(ours, outer_codes(sys._getframe())) == StackPlace("ivr/text/number.py:3 f")


def test_the_library_it_called_is_named_as_well() -> None:
    library = stack(CALLS, "ivr.text.number", lambda: stack(CALLS, "json.decoder"))
    found = place(library, outer_codes(sys._getframe()))
    assert (found.ours, found.library) == ("ivr/text/number.py:3 f", "json/decoder.py:3 f")
    assert str(found) == "json/decoder.py:3 f in ivr/text/number.py:3 f"


def test_what_runs_the_loop_is_no_place() -> None:
    frame = stack(CALLS, "ivr.server.serve")
    assert place(frame, outer_codes(frame)) == StackPlace()
    assert place(None, ()) == StackPlace()
    assert str(StackPlace()) == "unknown"
    inner = stack(CALLS, "ivr.server.serve", lambda: stack(CALLS, "selectors"))
    assert place(inner, outer_codes(frame)) == StackPlace("ivr/server/serve.py:3 f", "selectors.py:3 f")


def test_a_package_is_named_by_its_folder() -> None:
    frame: Any = types.SimpleNamespace(
        f_code=compile("0", json.__file__, "eval"), f_globals=vars(json), f_lineno=7, f_back=None
    )
    assert place(frame, ()).library == "json/__init__.py:7 <module>"


@pytest.mark.parametrize(
    ("cpu_s", "gc_s", "ours", "why"),
    [
        (1.0, 0.0, "ivr/a.py:1 f", "code"),
        (0.0, 0.0, "ivr/a.py:1 f", "code"),
        (1.0, 0.0, "", "code"),
        (0.1, 0.0, "", "no_core"),
        (1.0, 0.6, "ivr/a.py:1 f", "gc"),
    ],
)
def test_the_cause_of_a_second(cpu_s: float, gc_s: float, ours: str, why: str) -> None:
    assert cause(1.0, cpu_s, gc_s, StackPlace(ours)) == why
