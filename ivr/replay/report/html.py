"""Write what every page of this room shares: its frame, facts, badges, and words in the direction of their script.

A page is one file: it loads nothing from anywhere, and says so to the browser (Content-Security-Policy). Words of a
call are a stranger's: everything that comes from a tape goes through `escape`, or through `embedded` as data.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, Final

from ivr.testbench.report.page import direction

__all__ = ["asset", "badge", "direction", "document", "embedded", "escape", "fact_list", "ms", "words"]

_NOT_IN_SCRIPTS: Final = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def asset(name: str) -> str:
    """Return the text of a file that lies beside this one."""
    return files("ivr.replay.report").joinpath(name).read_text(encoding="utf-8")


def document(title: str, body: str, *, script: str, style: str = "", data: Any = None) -> str:
    """Return a whole page. `body` is HTML. `script` finds `data` in the element `data`."""
    said = f'<script type="application/json" id="data">{embedded(data)}</script>\n' if data is not None else ""
    code = f"<script>{script}</script>\n"
    allowed = f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; media-src blob: data:; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>\n{asset('report.css')}{style}</style>\n</head>\n<body>\n"
        f"<main>\n{body}\n</main>\n{said}{code}</body>\n</html>\n"
    )


def embedded(data: Any) -> str:
    """Return JSON that may stand inside a script element, whatever strings it holds."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Lone surrogates cannot be written as UTF-8.
    return text.translate(_NOT_IN_SCRIPTS).encode("utf-8", "replace").decode("utf-8")


def badge(text: str, kind: str = "plain") -> str:
    """Return a badge; `kind`: `plain`, `alarm` or `good`."""
    return f'<span class="badge {kind}">{escape(text)}</span>'


def fact_list(facts: Mapping[str, str]) -> str:
    """Return facts as a list of names and values; one without a value is left out."""
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items() if value
    )
    return f'<dl class="facts">{rows}</dl>'


def words(text: str, css: str = "said") -> str:
    """Return words in the direction of their script."""
    way = direction(text)
    lang = ' lang="ar"' if way == "rtl" else ""
    return f'<span class="{css}" dir="{way}"{lang}>{escape(text)}</span>'


def ms(value: float | None) -> str:
    """Return milliseconds as a whole number; unknown ones as a dash."""
    # Minus zero is zero.
    return "–" if value is None else f"{round(value) or 0}"
