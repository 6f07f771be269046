"""The table of telephone lines: what the agent writes, its sentences, and what the voice says.

`lines/<language>_<topic>.txt` holds two lines a case: the text (`¦` in front of every sentence but the first, `⏎` for a
newline, `‹ ›` around what is swallowed) and, behind `=`, what is said of each sentence.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

import pytest

from ivr.text.normalize.normalize import speakable
from ivr.text.segment.chunker import Chunker
from ivr.text.segment.sentences import Segmenter

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
_EACH = pytest.mark.parametrize("line", LINES, ids=lambda line: line.text[:40])


def test_the_table_is_large_enough() -> None:
    languages = [line.language for line in LINES]
    assert languages.count("ar") >= 200
    assert languages.count("en") >= 100


@_EACH
def test_sentences_are_exact_under_every_chunking(line: Line) -> None:
    chance = random.Random(7)
    for size in (1, 2, 3, len(line.text), 0):
        segmenter, out, at = Segmenter(line.language), list[str](), 0
        while at < len(line.text):
            step = size or chance.randint(1, 9)
            out += segmenter.feed(line.text[at : at + step])
            at += step
        assert out + segmenter.flush() == line.sentences


@_EACH
def test_what_is_said(line: Line) -> None:
    said = [speakable(sentence, line.language) for sentence in line.sentences]
    assert said == line.spoken
    assert [speakable(sentence, line.language) for sentence in said] == said


@_EACH
def test_pieces_join_to_the_sentences(line: Line) -> None:
    packer = Chunker(line.language)
    pieces = [piece for char in line.text for piece in packer.push(char)] + packer.finish()
    assert "".join("".join(pieces).split()) == "".join("".join(line.sentences).split())


def test_nothing_a_voice_cannot_say_is_left() -> None:
    for line in LINES:
        for said in line.spoken:
            assert not any(char.isdecimal() or char in "*_#<>[]{}|~`@%٪$€£&/=+😊\u202a\u200f" for char in said), said
