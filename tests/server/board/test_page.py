"""The pages: one file each, in two languages, and a policy that lets only their own script run."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from ivr.server.board import page
from ivr.server.board.page import PageLanguage, board_page, language_of, login_page

HERE = files("ivr.server.board")


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("ar", "en", "ar"),
        ("en", "ar", "en"),
        ("fr", "ar-SA,ar;q=0.9,en;q=0.8", "ar"),
        ("", "fr, EN-gb;q=0.5", "en"),
        ("", "fr", "en"),
        ("", "", "en"),
        ("", "," * 100_000, "en"),
    ],
)
def test_the_language_is_the_one_asked_for(asked: str, accepted: str, language: str) -> None:
    assert language_of(asked, accepted) == language


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_page_is_one_file_without_a_foreign_host(language: PageLanguage) -> None:
    for text, policy in (board_page(language), login_page(language, 401)):
        written = text.decode()
        assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in written
        assert set(re.findall(r"https?://[^\s'\"<>)]+", written)) <= {"http://www.w3.org/2000/svg"}
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"\son\w+=|\sstyle=|javascript:", written.partition("<script>")[0])
        assert not re.search(r"\{(title|token|go|hint|error|lang|dir)\}", written)


def test_only_the_page_itself_may_run_there() -> None:
    text, policy = board_page("en")
    script = text.decode().partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert "script-src 'none'" in login_page("en")[1]


def test_the_scripts_make_no_markup_of_what_they_are_told() -> None:
    for name in page.BOARD_SCRIPTS:
        source = HERE / name
        if source.is_file():
            text = source.read_text("utf-8")
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write\b|\beval\(|new Function", text
            )


def test_both_languages_have_every_word() -> None:
    text = (HERE / "words.js").read_text("utf-8")
    english, arabic = text.partition("  en: {")[2].partition("  ar: {")[::2]
    names = [set(re.findall(r"(\w+): ['\"]", part.partition("\n  },")[0])) for part in (english, arabic)]
    assert names[0] == names[1]
    assert len(names[0]) > 80


@pytest.mark.parametrize("status", [401, 403, 429])
def test_the_login_says_what_became_of_the_token(status: int) -> None:
    assert page._LOGIN_WORDS["ar"][str(status)] in login_page("ar", status)[0].decode()
    assert page._LOGIN_WORDS["en"][str(status)] in login_page("en", status)[0].decode()


def test_the_sources_are_where_the_wheel_takes_them_from() -> None:
    root = Path(page.__file__).parents[3]
    built = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    # The wheel has every file of these folders that is not ignored, of whatever kind.
    assert built["packages"] == ["ivr"]
    assert not {"exclude", "only-include"} & built.keys()
    ignored = (root / ".gitignore").read_text("utf-8")
    for name in ("board.html", "login.html", "board.css", "board.js", "call.js", "listen.js", "words.js"):
        assert (HERE / name).is_file()
        assert f"*{Path(name).suffix}" not in ignored
