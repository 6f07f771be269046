"""Compare our sentences with those of two other segmenters: where do they differ, and which is right?

    .venv/bin/python -m tools.text.segment_oracle [SET.json ...] [--show N] [--ours]

A set is a JSON file `{"cases": [{"lang", "text", "expected"}]}`; without one, the telephone lines in tests/ are used.
For every segmenter it prints the exact-sentence F1, and how many texts it cuts differently from ours. `--show N` prints
that many disagreements, `--ours` only those where ours is not the expected one. Needs the dev group (sentencex,
yasbd-lib).
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

import sentencex
import yasbd

from ivr.text.segment.sentences import Segmenter

ROOT = Path(__file__).resolve().parents[2]
Split = Callable[[str, str], list[str]]
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c*_`#~]")


class Case(NamedTuple):
    """Hold one text and its expected sentences."""

    source: str
    language: str
    text: str
    expected: list[str]


def ours(text: str, language: str) -> list[str]:
    """Segment with our own segmenter."""
    segmenter = Segmenter(language)
    return segmenter.feed(text) + segmenter.flush()


def with_sentencex(text: str, language: str) -> list[str]:
    """Segment with sentencex."""
    return list(sentencex.segment(language, text))


def with_yasbd(text: str, language: str) -> list[str]:
    """Segment with yasbd."""
    return list(yasbd.BoundaryDetector(language).segment(text))


SEGMENTERS: dict[str, Split] = {"ours": ours, "sentencex": with_sentencex, "yasbd": with_yasbd}


def cases(paths: list[Path]) -> Iterator[Case]:
    """Yield the cases of these files, or the telephone lines if there are none."""
    for path in paths:
        for case in json.loads(path.read_text(encoding="utf8"))["cases"]:
            if case.get("expected"):
                yield Case(path.stem, case["lang"], case["text"], case["expected"])
    if not paths:
        yield from telephone_lines()


def telephone_lines() -> Iterator[Case]:
    """Yield each written line of tests/text/normalize/lines as a case."""
    for path in sorted((ROOT / "tests" / "text" / "normalize" / "lines").glob("*.txt")):
        for written in path.read_text(encoding="utf8").splitlines()[::2]:
            marked = written.replace("⏎", "\n")
            text = re.sub("[¦‹›]", "", marked)
            expected = [part.strip() for part in re.sub("‹[^›]*›", "", marked).split("¦")]
            yield Case(path.stem[:2] + "_lines", path.stem[:2], text, expected)


def keys(sentences: list[str]) -> list[str]:
    """Return what is spoken of each sentence: without blanks, edges and invisible marks."""
    spoken = (_EDGES.sub("", " ".join(_UNSEEN.sub("", sentence).split())) for sentence in sentences)
    return [key for key in spoken if key]


def same(one: list[str], other: list[str]) -> int:
    """Count the sentences that both lists have, in order."""
    return sum(block.size for block in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks())


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", type=Path)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--ours", action="store_true")
    chosen = parser.parse_args()
    totals: dict[tuple[str, str], list[float]] = {}
    shown = 0
    for case in cases(chosen.sets):
        want = keys(case.expected)
        got = {name: measured(totals, case, name, split, want) for name, split in SEGMENTERS.items()}
        different = [name for name in SEGMENTERS if got[name] != got["ours"]]
        for name in different:
            totals[case.source, name][4] += 1
        if shown < chosen.show and different and not (chosen.ours and got["ours"] == want):
            shown += 1
            show(case, got, want)
    for (source, name), (hits, found, wanted, seconds, different_texts) in sorted(totals.items()):
        score = 200 * hits / (found + wanted)
        line = f"{source:16} {name:10} F1 {score:6.2f}  different from ours {different_texts:3.0f}"
        print(f"{line}  {seconds * 1000:6.1f} ms")


def measured(
    totals: dict[tuple[str, str], list[float]], case: Case, name: str, split: Split, want: list[str]
) -> list[str]:
    """Segment a case, add hits, lengths and seconds to the totals of its set, and return the keys."""
    began = time.perf_counter()
    got = keys(split(case.text, case.language))
    row = totals.setdefault((case.source, name), [0.0] * 5)
    for index, value in enumerate((same(got, want), len(got), len(want), time.perf_counter() - began)):
        row[index] += value
    return got


def show(case: Case, got: dict[str, list[str]], want: list[str]) -> None:
    """Print one disagreement."""
    print(f"--- {case.source}: {case.text!r}")
    for name, sentences in got.items():
        print(f"    {name:10} {'right' if sentences == want else 'WRONG'} {' | '.join(sentences)}")


if __name__ == "__main__":
    main()
