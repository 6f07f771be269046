"""Be a plugin of pytest: the fixtures `phone`, `carrier`, `tape` and `taped_call`, and marks.

pytest loads this with every run of everyone who has the bridge installed, so nothing of the bridge is imported before a
test asks for it, and pytest itself is no dependency of the bridge.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ivr.replay.golden.carriers import StepCarrier
    from ivr.replay.golden.phones import AsyncPhone, StepPhone
    from ivr.replay.golden.replayed import OtherwiseCall, ReplayedCall

_PHONE = pytest.StashKey["AsyncPhone | StepPhone"]()
_RENDERED = pytest.StashKey[Path]()
_OPTION = "--ivr-tapes"
_MODE = "--ivr-mode"
_PROPERTY = "ivr_tape"
"""Name of the JUnit property that holds the path of a tape."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--ivr-tapes`."""
    group = parser.getgroup("ivr", "calls (ivr-bridge)")
    group.addoption(_OPTION, metavar="DIR", help="keep the tapes of the calls of failed tests in this folder")
    group.addoption(
        _MODE,
        choices=("none", "once", "new", "rewrite"),
        help="peers of `taped_call`: none asks none of them (for CI), rewrite asks all and writes the tapes anew",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks."""
    config.addinivalue_line("markers", "tape(path, ..., set={}, declared=FILE): the test is the replay of these tapes")
    config.addinivalue_line(
        "markers", "phone(path='/voice', live=False, ...): how the fixtures `phone` and `carrier` call"
    )


@pytest.fixture
def phone(request: pytest.FixtureRequest) -> Iterator[AsyncPhone | StepPhone]:
    """Give a phone that calls a Media Streams server: an ASGI application, or one behind a URL."""
    from ivr.replay.golden.phones import AsyncPhone, PhoneSettings, StepPhone

    marker = request.node.get_closest_marker("phone")
    settings = PhoneSettings().changed(marker.kwargs if marker is not None else {})
    if inspect.iscoroutinefunction(request.function):
        # The test itself runs on the loop of the call, and ends its calls there.
        given = request.node.stash[_PHONE] = AsyncPhone(settings, virtual=not settings.live)
        yield given
        return
    stepped = request.node.stash[_PHONE] = StepPhone(settings)
    yield stepped
    stepped.close()


@pytest.fixture
def carrier(request: pytest.FixtureRequest) -> Iterator[StepCarrier]:
    """Give a carrier with people, which calls an ASGI application and rings numbers, in virtual time."""
    from ivr.replay.golden.carriers import StepCarrier
    from ivr.replay.golden.phones import PhoneSettings

    marker = request.node.get_closest_marker("phone")
    given = StepCarrier(PhoneSettings().changed(marker.kwargs if marker is not None else {}))
    yield given
    given.close()


@pytest.fixture
def tape(request: pytest.FixtureRequest) -> ReplayedCall | OtherwiseCall:
    """Give the call of the tape that `@pytest.mark.tape` names, as today's code decides it."""
    from ivr.replay.golden.marked import replayed

    found = _marked(request.node)
    if not found:
        pytest.fail("the fixture `tape` needs @pytest.mark.tape('x.tape')", pytrace=False)
    try:
        return replayed(found[0][0], found[0][1])
    except Exception as fault:
        pytest.fail(f"{found[0][0].name}: {fault}", pytrace=False)


@pytest.fixture
def taped_call(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ReplayedCall]:
    """Give a function that places a scenario at this bridge, its peers played from a tape.

    `taped_call(scenario, tape, mode="once", agent_url="", **legs)`: a scenario file or steps in words; a mode for all
    legs, or one each as `agent="new"`.
    """
    from ivr.replay.golden.marked import placed_from_tape

    stash = request.config.stash
    if _RENDERED not in stash:
        stash[_RENDERED] = tmp_path_factory.mktemp("phrases") / "rendered"

    def place(
        scenario: str | Sequence[str], tape: str, *, mode: str = "once", agent_url: str = "", **legs: str
    ) -> ReplayedCall:
        forced = request.config.getoption(_MODE)
        modes = {leg: forced or legs.get(leg, mode) for leg in ("stt", "agent", "tts", *legs)}
        folder = request.path.parent
        script = folder / scenario if isinstance(scenario, str) else scenario
        return placed_from_tape(script, folder / tape, modes, stash[_RENDERED], agent_url)

    return place


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that awaits its phone on the loop of its calls, and the replay of a test that is marked so."""
    _replay_marked(pyfuncitem)
    if _PHONE not in pyfuncitem.stash or not inspect.iscoroutinefunction(pyfuncitem.function):
        return None
    from ivr.replay.golden.phones import run_awaiting

    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    given: Any = pyfuncitem.stash[_PHONE]
    run_awaiting(lambda _: pyfuncitem.obj(**arguments), given)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the tapes of a failed test to its report."""
    report = yield
    if report.when == "call" and report.failed:
        for path in _kept(item):
            item.user_properties.append((_PROPERTY, str(path)))
            report.user_properties.append((_PROPERTY, str(path)))
            report.sections.append(("tape of the call", f"{path}\nivr report {path} -o call.html"))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List the tapes of failed tests."""
    # The reports have crossed from process to process where pytest-xdist runs the tests.
    failed = terminalreporter.getreports("failed")
    kept = [(one.nodeid, path) for one in failed for name, path in one.user_properties if name == _PROPERTY]
    if kept:
        terminalreporter.section("tapes of failed tests")
        for name, path in kept:
            terminalreporter.write_line(f"{name}: {path}")


def _marked(item: pytest.Item) -> list[tuple[Path, dict[str, Any]]]:
    """Return the tapes that a test is marked with, each with what else the mark says."""
    found = []
    for marker in item.iter_markers("tape"):
        for name in marker.args:
            beside = item.path.parent / name
            found.append((beside if beside.exists() else item.config.rootpath / name, dict(marker.kwargs)))
    return found


def _replay_marked(item: pytest.Function) -> None:
    """Run the tapes of a test again, unless it asserts on the replayed call itself. Fails where one differs."""
    found = _marked(item)
    if not found or "tape" in item.funcargs:
        return
    from ivr.replay.golden.marked import difference

    wrong = [(path, text) for path, more in found if (text := difference(path, more, item.config.rootpath))]
    if wrong:
        # A tape that is not there cannot be shown.
        item.stash[_DIFFERENT] = [path for path, _ in wrong if path.exists()]
        pytest.fail("\n\n".join(text for _, text in wrong), pytrace=False)


_DIFFERENT = pytest.StashKey[list[Path]]()


def _kept(item: pytest.Item) -> Iterator[Path]:
    """Write the tapes of a failed test, where they are wanted; yield their paths."""
    # A tape that the test replays is there already.
    yield from item.stash.get(_DIFFERENT, [])
    folder, given = item.config.getoption(_OPTION), item.stash.get(_PHONE, None)
    if not folder or given is None:
        return
    from ivr.replay.golden.marked import keep

    name = re.sub(r"[^\w.-]+", "_", item.nodeid).strip("_")
    for number, call in enumerate(given.calls, 1):
        yield keep(call.record, Path(folder), name if number == 1 else f"{name}-{number}", item.nodeid)
