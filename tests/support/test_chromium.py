"""The driver of the browser, with a page of its own; *live*. Skipped where there is no Chromium."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.chromium import PageError, browser

pytestmark = pytest.mark.live

PAGE = '<input id=a><button onclick="document.title=a.value">go</button><script>onkeydown=e=>last=e.key</script>'


def test_a_page_is_filled_pressed_and_looked_at(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "page.html").write_text(PAGE)
        async with browser(tmp_path) as chromium, chromium.page((tmp_path / "page.html").as_uri()) as page:
            await page.fill("#a", "كلمة")
            await page.click("button")
            await page.until("document.title === 'كلمة'")
            await page.press("Escape")
            assert await page.value("last") == "Escape"
            await page.resize(420, 300, dark=True)
            assert await page.value("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [420, True]
            await page.screenshot(tmp_path / "page.png")
            assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
            with pytest.raises(PageError, match="nothing"):
                await page.value("nothing.at.all")
            await page.value("setTimeout(() => { throw new Error('late') })")
            await page.until("true")
            with pytest.raises(PageError, match="not within"):
                await page.until("false", 0.05)
            assert "late" in page.errors[0]

    asyncio.run(main())
