"""Tell citations from what stands in brackets for the caller."""

from __future__ import annotations

from ivr.webhook.sanitize.citations import CitationKind, read_citation

CITATION, FOOTNOTE, OPTION, TEXT, UNCLEAR = (
    CitationKind.CITATION, CitationKind.FOOTNOTE, CitationKind.OPTION, CitationKind.TEXT, CitationKind.UNCLEAR,
)  # fmt: skip
# What stands before, the text from its sign, what it is, and how many characters it takes.
TABLE: list[tuple[str, str, CitationKind, int]] = [
    ("here ", "[1].", CITATION, 3),
    ("here ", "[1", UNCLEAR, 0),
    ("here ", "[1]", UNCLEAR, 0),
    ("here ", "[1, 2–3].", CITATION, 8),
    ("here ", "[^1].", CITATION, 4),
    ("هنا ", "[١].", CITATION, 3),
    ("here ", "[doc1].", CITATION, 6),
    ("here ", "[Source: a].", CITATION, 11),
    ("here ", "[a.pdf, p. 2].", CITATION, 13),
    ("here ", "[p. 3].", CITATION, 6),
    ("here ", "[4:0†source].", CITATION, 12),
    ("here ", "[المصدر: دليل].", CITATION, 14),
    ("here ", "[[1]](https://a.b/c).", CITATION, 20),
    ("here ", "[1](https://a.b).", CITATION, 16),
    ("", '[get(city="x")].', CITATION, 15),
    ("here ", "[your name].", TEXT, 0),
    ("here ", "[a](https://a.b).", TEXT, 0),
    ("here ", "[", UNCLEAR, 0),
    ("here ", "[].", TEXT, 0),
    ("here ", "[" + "a" * 170, TEXT, 0),
    ("option ", "[1].", OPTION, 3),
    ("Press the ", "[1].", OPTION, 3),
    ("اضغط ", "[١].", OPTION, 3),
    ("اضغط على ", "[١].", OPTION, 3),
    ("بناء على ", "[١].", CITATION, 3),
    ("code is ", "[5].", OPTION, 3),
    ("\n", "[1] Billing", OPTION, 3),
    ("\n", "[1]: https", FOOTNOTE, 3),
    ("\n", "[1] https://a.b", FOOTNOTE, 3),
    ("\n", "[^a]: page", FOOTNOTE, 4),
    ("\n", "[^a] b", CITATION, 4),
    ("here", "(source: a.pdf).", CITATION, 15),
    ("here", "(المصدر: https://a.b).", CITATION, 21),
    ("here", "(see below).", TEXT, 0),
    ("here", "(or", TEXT, 0),
    ("here", "(sou", UNCLEAR, 0),
    ("here", "【4:0†a】.", CITATION, 7),
    ("here", "【4:0", UNCLEAR, 0),
    ("هنا", "【مهم】.", TEXT, 0),
    ("here", "\ue200cite\ue202turn0search0\ue201.", CITATION, 19),
    ("here", "\ue200cite", UNCLEAR, 0),
    ("here", "\ue123.", CITATION, 1),
    ("here", "x", TEXT, 0),
    ("here.", "¹", CITATION, 1),
    ("20 m", "²", TEXT, 0),
    ("here", "<sup>1</sup>.", CITATION, 12),
    ("here", "<sup>[1]</sup>.", CITATION, 14),
    ("here", "<su", UNCLEAR, 0),
    ("here", "<sup>1", UNCLEAR, 0),
    ("here", "<sup>st</sup>.", TEXT, 0),
    ("here", "<b>1</b>", TEXT, 0),
    ("here", '<sup><a href="#f1">1</a></sup>.', CITATION, 30),
    ("20 m", "<sup>2</sup>.", CITATION, 12),
]


def test_citations_are_told_from_options_and_words() -> None:
    faults = []
    for before, text, kind, length in TABLE:
        got = read_citation(text, 0, before, listed=False, final=False)
        if (got.kind, got.length) != (kind, length):
            faults.append((before, text, got))
    assert faults == []


def test_citations_are_decided_at_the_end() -> None:
    texts = ["[1]", "[1", "(sou", "【4", "\ue200c", "<sup>1"]
    got = [read_citation(text, 0, "here ", listed=False, final=True).kind for text in texts]
    assert got == [CITATION, TEXT, TEXT, TEXT, CITATION, TEXT]


def test_options_go_on_within_a_reply() -> None:
    assert read_citation("[2] for", 0, "billing, ", listed=True, final=False).said == "[2]"


def test_raised_figures_behind_a_unit_are_powers() -> None:
    rows = [("20 m", "2", "²"), ("20 متر", "3", "³"), ("10", "2", "²"), ("20 m", "1", ""), ("here", "2", "")]
    said = [read_citation(f"<sup>{d}</sup>", 0, before, listed=False, final=True).said for before, d, _ in rows]
    assert said == [row[2] for row in rows]
