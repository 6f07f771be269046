"""Drive headless Chromium over its DevTools protocol: a browser for one test, a page, and what a person does with it.

    async with browser(tmp_path) as chromium, chromium.page("http://127.0.0.1:8000/board") as page:
        await page.fill("input", "token")
        await page.press("Enter")
        await page.until("document.querySelectorAll('tr').length === 30")

A test that needs it is skipped, with a word, where Chromium is not installed. Nothing leaves the machine: every name
but those of this machine leads nowhere.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.asyncio.client import ClientConnection, connect

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
START_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 60.0
"""Seconds an answer of the browser, or a state of a page, may take on a busy machine."""
LOOK_SECONDS: Final = 0.02
ONE_LOOK_SECONDS: Final = 5.0
KEYS: Final[Mapping[str, tuple[str, int]]] = {
    "Enter": ("\r", 13),
    "Escape": ("", 27),
    "Tab": ("", 9),
    "ArrowUp": ("", 38),
    "ArrowDown": ("", 40),
    "ArrowLeft": ("", 37),
    "ArrowRight": ("", 39),
    "Backspace": ("", 8),
}
"""Keys that are no character of their own: the text they give, and their code."""


class PageError(AssertionError):
    """Report that a page, or the browser, did not do what a test asked for."""


class Page:
    """Do what a person does with one page, and look at it."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self._browser, self._session, self.target = browser, session, target
        self.errors: list[str] = []
        """What the page's console called an error, and exceptions that nothing caught."""

    async def send(self, method: str, **parameters: object) -> Any:
        """Ask the browser something about this page. Raises PageError."""
        return await self._browser.send(method, self._session, **parameters)

    async def go(self, url: str) -> None:
        """Load a page, to the end."""
        answer = await self.send("Page.navigate", url=url)
        if answer.get("errorText"):
            raise PageError(f"{url}: {answer['errorText']}")
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def value(self, expression: str) -> Any:
        """Return what an expression is in the page; a promise is awaited. Raises PageError where it raises."""
        answer = await self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(f"{expression}: {details.get('exception', {}).get('description', details['text'])}")
        return answer["result"].get("value")

    async def until(self, expression: str, seconds: float = ANSWER_SECONDS) -> float:
        """Wait until an expression is true in the page; return the seconds that took. Raises PageError."""
        clock = asyncio.get_running_loop().time
        began = clock()
        last = ""
        while clock() - began < seconds:
            # While a page is exchanged for another there is nothing that could be asked, and perhaps never an answer.
            try:
                async with asyncio.timeout(ONE_LOOK_SECONDS):
                    if await self.value(f"!!({expression})"):
                        return clock() - began
            except (PageError, TimeoutError) as error:
                last = str(error)
            await asyncio.sleep(LOOK_SECONDS)
        raise PageError(f"not within {seconds:g} s: {expression} {last} {self.errors}")

    async def click(self, selector: str) -> None:
        """Press the middle of an element with the mouse, once it is there."""
        found = json.dumps(selector)
        await self.until(f"document.querySelector({found})?.getClientRects().length")
        box = await self.value(
            f"(() => {{ const e = document.querySelector({found}); e.scrollIntoView({{block: 'center'}});"
            " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    async def fill(self, selector: str, text: str) -> None:
        """Click into a field, and write."""
        await self.click(selector)
        await self.send("Input.insertText", text=text)

    async def press(self, key: str) -> None:
        """Press a key: a character, or one of KEYS."""
        text, code = KEYS.get(key, (key, ord(key[0].upper())))
        common: dict[str, object] = {"key": key, "windowsVirtualKeyCode": code, "code": key if key in KEYS else ""}
        await self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    async def resize(self, width: int, height: int, *, scale: float = 1.0, dark: bool = False) -> None:
        """Give the page a size, and the colours that a person has chosen for all pages."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[scheme])

    async def screenshot(self, path: Path) -> None:
        """Write what is seen as a PNG."""
        answer = await self.send("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(answer["data"]))


class Browser:
    """Hold one Chromium and the connection to it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._pages: dict[str, Page] = {}

    async def send(self, method: str, session: str = "", **parameters: object) -> Any:
        """Ask the browser something; return its answer. Raises PageError."""
        self._number += 1
        number = self._number
        future = self._answers[number] = asyncio.get_running_loop().create_future()
        message: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        await self._socket.send(json.dumps(message))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await future
        except TimeoutError:
            raise PageError(f"{method}: no answer") from None
        finally:
            del self._answers[number]

    async def read(self) -> None:
        """Take what the browser says, until it is over."""
        async for text in self._socket:
            message = json.loads(text)
            if (future := self._answers.get(message.get("id", 0))) is not None and not future.done():
                if "error" in message:
                    future.set_exception(PageError(message["error"]["message"]))
                else:
                    future.set_result(message["result"])
            elif (page := self._pages.get(message.get("sessionId", ""))) is not None:
                self._note(page, message)

    def _note(self, page: Page, message: Mapping[str, Any]) -> None:
        parameters = message.get("params", {})
        if message["method"] == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            page.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif message["method"] == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            page.errors.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")
        elif message["method"] == "Runtime.consoleAPICalled" and parameters["type"] == "error":
            page.errors.append(str([one.get("value", one.get("description")) for one in parameters["args"]]))

    @contextlib.asynccontextmanager
    async def page(self, url: str = "about:blank", **headers: str) -> AsyncIterator[Page]:
        """Open a page with cookies of its own. `headers`: sent with each of its requests, `_` for `-`."""
        context = (await self.send("Target.createBrowserContext"))["browserContextId"]
        opened = await self.send("Target.createTarget", url="about:blank", browserContextId=context)
        target = opened["targetId"]
        session = (await self.send("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        page = self._pages[session] = Page(self, session, target)
        for domain in ("Page", "Runtime", "Log", "Network"):
            await page.send(f"{domain}.enable")
        if headers:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            await page.send("Network.setExtraHTTPHeaders", headers=named)
        try:
            if url != "about:blank":
                await page.go(url)
            yield page
        finally:
            self._pages.pop(session, None)
            with contextlib.suppress(Exception):
                await self.send("Target.disposeBrowserContext", browserContextId=context)


@contextlib.asynccontextmanager
async def browser(folder: Path, *arguments: str) -> AsyncIterator[Browser]:
    """Run a Chromium whose profile is in `folder`, with more `arguments`. Skips the test where there is none."""
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("Chromium is not installed")
    profile = folder / "chromium"
    profile.mkdir(parents=True, exist_ok=True)
    fixed = (
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
        *("--disable-extensions", "--disable-background-networking", "--disable-component-update", "--mute-audio"),
        *("--disable-sync", "--no-default-browser-check", "--hide-scrollbars", "--lang=en-US"),
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1, EXCLUDE localhost",
    )
    own = (f"--user-data-dir={profile}", "--remote-debugging-port=0", *arguments, "about:blank")
    with (folder / "chromium.log").open("wb") as output:
        # A group of its own: the programs that Chromium starts end with it.
        process = await asyncio.create_subprocess_exec(
            program, *fixed, *own, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, env={**os.environ, "HOME": str(folder), "TZ": "UTC"},
        )  # fmt: skip
    try:
        address = await _address(process, profile / "DevToolsActivePort", folder / "chromium.log")
        async with connect(address, max_size=64 * 1024 * 1024, ping_interval=None, proxy=None) as socket:
            driven = Browser(socket)
            reading = asyncio.create_task(driven.read())
            try:
                yield driven
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _address(process: asyncio.subprocess.Process, port: Path, log: Path) -> str:
    """Return the URL of the browser's socket once it is there."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            if process.returncode is not None:
                raise PageError(f"Chromium has ended: {log.read_text('utf-8', 'replace')[-2000:]}")
            with contextlib.suppress(OSError):
                lines = port.read_text().splitlines()
                if len(lines) == 2:
                    return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            await asyncio.sleep(LOOK_SECONDS)
