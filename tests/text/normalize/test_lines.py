"""Test the table of telephone lines: what the agent writes, its sentences, and what TTS says.

`lines/<language>_<topic>.txt` holds two lines a case. The first is the text, with `¦` in front of every sentence but
the first, `⏎` for a newline, and `‹ ›` around what is swallowed. The second, behind `=`, is what is said of each
sentence.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

from ivr.text.normalize.normalize import normalize
from ivr.text.segment.chunker import Chunker
from ivr.text.segment.sentences import Segmenter
from ivr.text.segment.tags import without_tags
from tests.text.tables import failures

_SWALLOWED = ("‹", "›")


class Line(NamedTuple):
    language: str
    text: str
    sentences: list[str]
    spoken: list[str]


def _lines() -> list[Line]:
    found = []
    for path in sorted((Path(__file__).parent / "lines").glob("*.txt")):
        rows = path.read_text(encoding="utf8").splitlines()
        for written, said in zip(rows[::2], rows[1::2], strict=True):
            found.append(_line(path.name[:2], written.replace("⏎", "\n"), said))
    return found


def _line(language: str, written: str, said: str) -> Line:
    kept = written
    while "‹" in kept:
        before, _, rest = kept.partition("‹")
        kept = before + rest.partition("›")[2]
    text = "".join(char for char in written if char not in ("¦", *_SWALLOWED))
    return Line(language, text, [part.strip() for part in kept.split("¦")], said.removeprefix("= ").split(" ¦ "))


LINES = _lines()


def test_lines_are_many_in_both_languages() -> None:
    languages = [line.language for line in LINES]
    assert languages.count("ar") >= 200
    assert languages.count("en") >= 100


def test_segmenter_is_exact_on_lines_under_every_chunking() -> None:
    chance = random.Random(7)

    def sentences(line: Line, size: int) -> list[str]:
        segmenter, out, at = Segmenter(line.language), list[str](), 0
        while at < len(line.text):
            step = size or chance.randint(1, 9)
            out += segmenter.feed(line.text[at : at + step])
            at += step
        return out + segmenter.flush()

    rows = [(line, size, line.sentences) for line in LINES for size in (1, 2, 3, len(line.text), 0)]
    assert failures(rows, sentences) == []


def test_normalize_says_lines_and_changes_nothing_twice() -> None:
    rows = [
        (written, line.language, said)
        for line in LINES
        for written, said in zip(line.sentences, line.spoken, strict=True)
    ]
    assert failures(rows, normalize) == []
    assert failures([(said, language, said) for _, language, said in rows], normalize) == []


def test_chunks_of_lines_join_to_the_sentences() -> None:
    def chunked(line: Line) -> str:
        chunker = Chunker(line.language)
        chunks = [chunk for char in line.text for chunk in chunker.push(char)] + chunker.finish()
        return "".join("".join(chunks).split())

    rows = [(line, "".join(without_tags("".join(line.sentences)).split())) for line in LINES]
    assert failures(rows, chunked) == []


def test_lines_say_nothing_that_tts_cannot() -> None:
    spoken = [said for line in LINES for said in line.spoken]
    assert [
        said
        for said in spoken
        if any(char.isdecimal() or char in "*_#<>[]{}|~`@%٪$€£&/=+😊\u202a\u200f" for char in said)
    ] == []
