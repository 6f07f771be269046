"""The board in a real browser: login, thirty calls, a change within a second, acts, and a hostile name; *live*."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import uvicorn

from ivr.fleet.messages import DrainNode, Operate
from ivr.testbench.loopback import bound
from tests.config.test_operators import OTHER, TOKEN
from tests.server.board.fleet import Fleet, a_call, operators_app
from tests.server.board.operators import TOKENS
from tests.support.chromium import Browser, Page, browser
from tests.support.front import settings

pytestmark = pytest.mark.live

COLLEAGUE = "+966110000001"
HOSTILE = "<img src=x onerror=\"document.title='taken'\">"
ROWS = "document.querySelectorAll('#rows tr').length"
FRESH_S = 1.0


class Shown:
    """Hold a fleet that is shown at a URL, and a browser that looks at it."""

    def __init__(self, fleet: Fleet, url: str, chromium: Browser) -> None:
        self.fleet, self.url, self._chromium = fleet, url, chromium

    @contextlib.asynccontextmanager
    async def board(self, token: str = TOKEN, query: str = "", width: int = 1400) -> AsyncIterator[Page]:
        async with self._chromium.page() as page:
            await page.resize(width, 900)
            await page.go(f"{self.url}/board{query}")
            await page.fill("#token", token)
            await page.click("button")
            await page.until("document.querySelector('#link.on')")
            yield page


def story(folder: Path, tell: Callable[[Shown], Awaitable[None]], calls: int = 30) -> None:
    async def main() -> None:
        fleet = Fleet(nodes=3)
        for number in range(1, calls + 1):
            fleet.put(a_call(number, line="default", since=time.time() - 20 * number))
        env = {"IVR_BOARD_TOKENS": TOKENS, "IVR_PUBLIC_URL": "http://127.0.0.1:8000", "IVR_TRANSFER_TO": COLLEAGUE}
        app, _ = operators_app(settings(folder, **env), fleet)
        sock = bound()
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server._serve([sock]))
        try:
            async with browser(folder) as chromium:
                await tell(Shown(fleet, f"http://127.0.0.1:{sock.getsockname()[1]}", chromium))
        finally:
            server.should_exit = True
            await serving

    asyncio.run(main())


def test_an_operator_sees_calls_and_ends_one(tmp_path: Path) -> None:
    async def tell(shown: Shown) -> None:
        fleet, call = shown.fleet, a_call(4)
        async with shown.board() as page:
            await page.until(f"{ROWS} === 30")
            row = f"document.querySelector('tr[data-call={call.call_id}]')"
            fleet.change(call.call_id, state="hearing")
            await page.until(f"{row}.querySelector('.state.caller').textContent.includes('Caller speaks')", 5 * FRESH_S)
            # A machine that does nothing else shows it at once; what is measured is the board, not the machine.
            waits = []
            for state, kind in (("thinking", "thinking"), ("speaking", "agent"), ("yielding", "both")):
                fleet.change(call.call_id, state=state)
                waits.append(await page.until(f"{row}.querySelector('.state.{kind}')"))
            assert min(waits) < FRESH_S
            await page.click(f"tr[data-call={call.call_id}]")
            await page.until("document.querySelectorAll('#talk li').length === 2")
            await page.click("#hangup")
            await page.click("#ask-yes")
            await page.until("document.getElementById('said').textContent.includes('Asked to end')")
            assert fleet.told == [Operate(call.call_id, "hang_up", by="sara")]
            fleet.gone(call.call_id)
            await page.until(f"{ROWS} === 29 && document.querySelector('.acts').textContent.includes('over')")
            assert not page.errors

    story(tmp_path, tell)


def test_a_callers_name_is_never_markup(tmp_path: Path) -> None:
    async def tell(shown: Shown) -> None:
        shown.fleet.put(
            a_call(4, caller=HOSTILE, line=HOSTILE, node=HOSTILE, words=(("caller", HOSTILE),), keep="text")
        )
        async with shown.board() as page:
            await page.click(f"tr[data-call={a_call(4).call_id}]")
            await page.until("document.querySelector('#talk li')")
            assert await page.value("document.querySelectorAll('main img').length") == 0
            assert await page.value("document.querySelector('#panel h2').textContent") == HOSTILE
            assert "taken" not in await page.value("document.title")
            # Even a script that came in could not run, nor could it talk to another host.
            assert await page.value("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')") == "refused"
            await page.value(
                "document.body.appendChild(Object.assign(document.createElement('script'), {text: 'x=1'}))"
            )
            assert await page.value("typeof x") == "undefined"

    story(tmp_path, tell, calls=1)


def test_the_keyboard_reaches_everything(tmp_path: Path) -> None:
    async def tell(shown: Shown) -> None:
        async with shown.board() as page:
            await page.until(f"{ROWS} === 30")
            await page.value("document.activeElement.blur()")
            for key in ("ArrowDown", "ArrowDown", "Enter"):
                await page.press(key)
            second = await page.value("document.querySelectorAll('#rows tr')[1].dataset.call")
            await page.until(f"board.chosen === '{second}' && !document.getElementById('panel').hidden")
            await page.press("Escape")
            await page.until("document.getElementById('panel').hidden")
            await page.press("/")
            await page.until("document.activeElement.id === 'filter'")
            await page.fill("#filter", "node-2")
            await page.until(f"{ROWS} === 10")
            await page.press("Escape")
            await page.until(f"{ROWS} === 30")

    story(tmp_path, tell)


def test_an_operator_says_transfers_drains_and_closes(tmp_path: Path) -> None:
    async def tell(shown: Shown) -> None:
        fleet, call_id = shown.fleet, a_call(1).call_id
        async with shown.board() as page:
            await page.click(f"tr[data-call={call_id}]")
            await page.click(".acts button")
            await page.fill("#ask-field textarea", "مرحبا")
            await page.click("#ask-yes")
            await page.until("document.getElementById('said').textContent.includes('say')")
            await page.click("#transfer")
            await page.click("#ask-yes")
            await page.until("document.getElementById('said').textContent.includes('transfer')")
            await page.click("#nodes li:nth-child(2) button")
            await page.click("#ask-yes")
            await page.until("!document.querySelector('#nodes li:nth-child(2) .tag').hidden")
            await page.click("#lines button")
            await page.click("#ask-yes")
            await page.until("!document.querySelector('#lines .tag').hidden")
        assert fleet.told == [
            Operate(call_id, "say", words="مرحبا", by="sara"),
            Operate(call_id, "transfer", number=COLLEAGUE, by="sara"),
            DrainNode("node-2", by="sara"),
        ]
        assert fleet.closed_lines == {"default"}

    story(tmp_path, tell, calls=1)


def test_who_may_only_look_is_offered_no_acts(tmp_path: Path) -> None:
    async def tell(shown: Shown) -> None:
        async with shown.board(OTHER) as page:
            await page.click(f"tr[data-call={a_call(1).call_id}]")
            await page.until("document.querySelector('#panel').textContent.includes('does not read words')")
            assert await page.value("document.querySelectorAll('.acts button, #transfer, #hangup').length") == 0
            assert await page.value("[...document.querySelectorAll('#nodes button')].every(b => b.hidden)")
            assert "****" in await page.value("document.querySelector('#rows tr').textContent")

    story(tmp_path, tell, calls=1)


def test_it_fits_a_telephone_in_arabic(tmp_path: Path) -> None:
    async def tell(shown: Shown) -> None:
        async with shown.board(query="?lang=ar", width=420) as page:
            await page.until(f"{ROWS} === 30")
            assert await page.value("document.documentElement.dir") == "rtl"
            assert await page.value("document.documentElement.scrollWidth <= innerWidth")
            await page.click("#rows tr")
            await page.until("!document.getElementById('panel').hidden")
            assert await page.value("document.documentElement.scrollWidth <= innerWidth")

    story(tmp_path, tell)
