"""Listen to a call of a server that runs: two programs with a token, and the board's page in a browser; *live*."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from ivr.server.listening.route import AUDIO_FORM
from ivr.testbench.phone import messages as wire
from tests.server.board.operators import LISTENER, TOKENS
from tests.server.workers.machine import PATIENCE, Machine, call_id, started, stream_id, until
from tests.support.chromium import browser
from tests.support.front import ACCOUNT

pytestmark = pytest.mark.live

CALL = call_id(1)
RECORDED = """
[call]
silence_timeout = 600  # a browser may take longer to start than the bridge waits for a caller's words

[[line]]
number = "+966110000000"
record = true
[line.phrases]
recorded = ""
"""
QUIET = (b"\xf0" * 8 + b"\x70" * 8) * 10
"""20 ms of a hum that nobody takes for a voice."""
NOTE_PLAYED = """
window.played = [];
const beginSource = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (at) {
  const loudest = (side) => Math.max(...this.buffer.getChannelData(side).map(Math.abs));
  const ahead = at - this.context.currentTime;
  played.push({ state: this.context.state, ahead, caller: loudest(0), agent: loudest(1) });
  beginSource.call(this, at);
};
"""

NO_SUCH_CALL = """
window.lost = document.createElement('div');
listenIn(lost, 'CA0', { base: BASE, closed: (code) => { window.code = code; } });
lost.firstChild.click();
"""


@contextlib.contextmanager
def talking(machine: Machine) -> Iterator[threading.Event]:
    """A caller hums into the phone until the event is set, or the block is left."""
    hung_up = threading.Event()
    ids = wire.Ids(ACCOUNT, CALL, stream_id(1))

    def hum() -> None:
        # The bridge may have ended the call before the test does.
        with machine.phone(CALL, ids.stream, given) as phone, contextlib.suppress(ConnectionClosed):
            number = 0
            while not hung_up.wait(0.02):
                phone.send(wire.media(ids, number + 2, number + 1, number * 20, QUIET))
                number += 1
            phone.send(wire.stop(ids, number + 2))

    given = machine.ring(CALL)
    caller = threading.Thread(target=hum)
    caller.start()
    try:
        until(lambda: " call_started " in machine.log)
        yield hung_up
    finally:
        hung_up.set()
        caller.join(PATIENCE)


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Machine]:
    more = {"IVR_BOARD_TOKENS": TOKENS, "IVR_PUBLIC_URL": "http://127.0.0.1:8000", "IVR_DATA_DIR": str(folder / "data")}
    with started(folder, "--dev", listening=1, **more) as machine:
        yield machine


@contextlib.asynccontextmanager
async def ear(machine: Machine, token: str = LISTENER, call: str = CALL) -> AsyncIterator[ClientConnection]:
    url, headers = f"ws://{machine.place}/board/listen/{call}", {"Authorization": f"Bearer {token}"}
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        yield socket


async def until_hummed(socket: ClientConnection) -> None:
    """Wait for a piece that has the caller's hum, and an agent who is silent."""
    async with asyncio.timeout(PATIENCE):
        assert await socket.recv() == AUDIO_FORM
        while b"\xf0" not in (piece := bytes(await socket.recv(decode=False))):
            pass
    assert len(piece) == 2 * json.loads(AUDIO_FORM)["samples"]
    assert set(piece[1::2]) == {0xFF}


async def closed(socket: ClientConnection) -> int | None:
    """Wait until the server closes; return the code."""
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code


def test_two_hear_a_call_until_it_is_over(tmp_path: Path) -> None:
    async def main(machine: Machine, hung_up: threading.Event) -> None:
        async with ear(machine) as first, ear(machine) as second:
            await until_hummed(first)
            await until_hummed(second)
            hung_up.set()
            assert [await closed(first), await closed(second)] == [1000, 1000]
        async with ear(machine) as late:
            assert await closed(late) == 4404

    with server(tmp_path) as machine, talking(machine) as hung_up:
        asyncio.run(main(machine, hung_up))


def test_the_page_plays_what_is_said(tmp_path: Path) -> None:
    async def main(machine: Machine, hung_up: threading.Event) -> None:
        async with browser(tmp_path) as chromium, chromium.page(f"http://{machine.place}/board") as page:
            await page.fill("#token", LISTENER)
            await page.click("button")
            await page.click(f"tr[data-call={CALL}]")
            await page.value(NOTE_PLAYED)
            await page.click("#listen button")
            await page.until("played.filter((one) => one.caller > 0 && one.state === 'running').length > 10")
            assert (
                await page.value("document.querySelector('#listen[data-state=playing]').textContent")
                == "Stop listening"
            )
            assert await page.value("played.every((one) => one.agent === 0 && one.ahead > 0 && one.ahead < 0.5)")
            # All who look at the board see that someone listens, and that the call is recorded.
            await page.until(f"document.querySelector('tr[data-call={CALL}] .signs [title=\"1 listening\"]')")
            await page.until(f"document.querySelector('tr[data-call={CALL}] .signs [title=recorded]')")
            await page.value(NO_SUCH_CALL)
            await page.until("window.code === 4404 && lost.textContent === 'Listen in'")
            hung_up.set()
            await page.until("!document.querySelector('#listen[data-state]')")
            assert page.errors == []

    (tmp_path / "ivr.toml").write_text(RECORDED)
    with server(tmp_path) as machine, talking(machine) as hung_up:
        asyncio.run(main(machine, hung_up))
