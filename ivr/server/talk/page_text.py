"""Put the softphone's page together: one document, which loads nothing from anywhere.

The scripts and the style are parts of it, and the policy names them by their hashes: no other script runs, whatever
text a page might come to hold. What runs beside the page (the audio worklets) is made from a text of the page itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, Final

SCRIPTS: Final = ("audio.js", "phone.js", "words.js", "softphone.js")
"""The page's scripts, in order. `audio.js` is what the worklets get too."""
WORKLET: Final = ("audio.js", "worklet.js")


@dataclass(frozen=True, slots=True)
class PageParts:
    """Hold what is the same in every page."""

    html: Template
    style: str
    script: str
    worklet: str

    @property
    def policy(self) -> str:
        """Return the page's Content-Security-Policy."""
        style, script = (_hash(text) for text in (self.style, self.script))
        # The worklet's text is made into a blob by the page: a browser loads worklets as scripts.
        return (
            f"default-src 'none'; script-src {script} blob:; style-src {style}; connect-src 'self'; img-src data:; "
            "worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


@cache
def parts() -> PageParts:
    """Return the parts of the page, read once."""
    folder = files("ivr.server.talk") / "page"

    def read(*names: str) -> str:
        return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)

    return PageParts(Template(read("talk.html")), read("talk.css"), read(*SCRIPTS), read(*WORKLET))


def html(facts: Mapping[str, Any]) -> str:
    """Return the page. `facts`: what its script is told."""
    found = parts()
    return found.html.substitute(
        style=found.style, script=found.script, worklet=_data(found.worklet), facts=_data(dict(facts))
    )


def headers() -> dict[str, str]:
    """Return the headers of the page."""
    return {
        "content-security-policy": parts().policy,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "microphone=(self)",
    }


def _data(value: object) -> str:
    """Return a value as JSON that may stand in an element of a page."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
