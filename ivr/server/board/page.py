"""Put the pages of the board together: one file each, with style and script inside, and the policy that lets them run.

The sources lie beside this file. A page is the same for every operator, so it is made once for each language: what an
operator may see comes over the wire alone.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Final, Literal, TypeAlias

PageLanguage: TypeAlias = Literal["ar", "en"]
BOARD_SCRIPTS: Final = ("words.js", "board.js", "call.js", "listen.js")
"""The board's scripts, in order. `listen.js` may be missing."""
_POLICY: Final = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data:; connect-src 'self'; media-src blob:;"
    " worker-src blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_LOGIN_WORDS: Final = {
    "en": {
        "title": "Board",
        "token": "Token",
        "go": "Log in",
        "hint": "The token is your entry in IVR_BOARD_TOKENS.",
        "401": "The token is wrong or has expired.",
        "429": "Too many wrong tokens. Wait a minute, then try again.",
        "403": "This page was not opened by the bridge itself. Open it again.",
    },
    "ar": {
        "title": "اللوحة",
        "token": "الرمز",
        "go": "دخول",
        "hint": "الرمز هو مدخلك في IVR_BOARD_TOKENS.",
        "401": "الرمز غير صحيح أو انتهت صلاحيته.",
        "429": "محاولات خاطئة كثيرة. انتظر دقيقة ثم حاول مجددًا.",
        "403": "لم تُفتح هذه الصفحة من الجسر نفسه. افتحها من جديد.",
    },
}


def language_of(asked: str, accepted: str) -> PageLanguage:
    """Return the language of a page: `asked` by `?lang=`, else the first known one of `Accept-Language`."""
    if asked in ("ar", "en"):
        return "ar" if asked == "ar" else "en"
    for entry in accepted[:200].split(","):
        primary = entry.strip().partition(";")[0].partition("-")[0].lower()
        if primary in ("ar", "en"):
            return "ar" if primary == "ar" else "en"
    return "en"


@cache
def board_page(language: PageLanguage) -> tuple[bytes, str]:
    """Return the board's page, and its Content-Security-Policy."""
    script = "\n".join(filter(None, map(_source, BOARD_SCRIPTS)))
    return _put_together(_source("board.html"), _source("board.css"), script, language)


@cache
def login_page(language: PageLanguage, status: int = 200) -> tuple[bytes, str]:
    """Return the page that asks for a token, and its policy. `status`: what became of the last one."""
    words = _LOGIN_WORDS[language]
    page = _source("login.html").replace("{error}", words.get(str(status), ""))
    for name in ("title", "token", "go", "hint"):
        page = page.replace(f"{{{name}}}", words[name])
    return _put_together(page, _source("board.css"), "", language)


def _put_together(page: str, style: str, script: str, language: PageLanguage) -> tuple[bytes, str]:
    text = page.replace("{lang}", language).replace("{dir}", "rtl" if language == "ar" else "ltr")
    text = text.replace("/*style*/", style).replace("/*script*/", script)
    policy = _POLICY.format(script=_hash_of(script) if script else "'none'", style=_hash_of(style))
    return text.encode(), policy


def _hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _source(name: str) -> str:
    """Return a source of the pages; empty: it is not there."""
    path = files("ivr.server.board") / name
    return path.read_text("utf-8") if path.is_file() else ""
