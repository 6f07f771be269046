"""Tell what a program left behind from words."""

from __future__ import annotations

import re

from ivr.webhook.sanitize.leftovers import LEFTOVER_WORD, prefixes, read_template, read_word

TEMPLATES: list[tuple[str, int | None]] = [
    ("{{ $json.output }}x", 18),
    ("{{a", None),
    ("{", None),
    ("{{a{b}}", 0),
    ("{% if x %}y", 10),
    ("{# a #}", 7),
    ("{name}", 6),
    ("{user.name}", 11),
    ("{items[0]}", 10),
    ("{0}", 3),
    ("{}", 2),
    ("{customer name}", 15),
    ("{اسم العميل}", 12),
    ("{so to speak}", 0),
    ("{a, b}", 0),
    ("{ a }", 0),
    ("${name}", 7),
    ("$", None),
    ("$5", 0),
    ("$json.output x", 12),
    ("$node['a'].json x", 15),
    ("$('a').item.json x", 16),
    ("$jso", None),
    ("$json.o", None),
    ("%s,", 2),
    ("%s", None),
    ("%(name)s,", 8),
    ("%1$s,", 4),
    ("%name%", 6),
    ("%so", None),
    ("%so ", 0),
    ("% ", 0),
    ("<%= name %>", 11),
    ("<", None),
    ("<b", 0),
    (":contentReference[oaicite:0]{index=0}.", 37),
    (":con", None),
    (": ", 0),
    (":contentReference[oaicite:0].", 28),
]


def test_leftovers_of_templates_are_found() -> None:
    assert [(text, got) for text, length in TEMPLATES if (got := read_template(text, 0, final=False)) != length] == []


def test_leftovers_of_templates_end_with_the_text() -> None:
    assert [read_template(text, 0, final=True) for text in ("{{a", "%s", "$json.o", "$")] == [0, 2, 7, 0]


def test_percent_behind_a_number_is_no_leftover() -> None:
    assert (read_template("5%d", 1, final=False), read_template("5%", 1, final=False)) == (0, 0)


# What stands before, the word and what follows, whether it starts the reply, and how many characters are left out.
WORDS: list[tuple[str, str, bool, int | None]] = [
    ("", "undefinedHello, you", True, 9),
    ("", "nullطلبك هنا", True, 4),
    ("a ", "undefinedHello, you", False, 0),
    ("", "nullable is", True, 0),
    ("Hello ", "undefined,", False, 9),
    ("Dear ", "null.", False, 4),
    ("رقم ", "undefined هنا الآن", False, 9),
    ("مرحباً ", "undefined، تم", False, 9),
    ("total: ", "null.", False, 4),
    ("id=", "null.", False, 4),
    ("here.", "undefined.", False, 9),
    ("is ", "undefined.", False, 0),
    ("is ", "null and void.", False, 0),
    ("", "None of them", True, 0),
    (": ", "None of them", False, 0),
    ("is ", "NaN SAR.", False, 3),
    ("is ", "null SAR.", False, 4),
    ("is ", "undefined", False, None),
    ("is ", "undefined SA", False, None),
    ("", "und", True, None),
    ("", "under", True, 0),
    ("", "citeturn0search0.", False, 16),
    ("", "turn0search0turn1news2.", False, 22),
    ("", "turn0sea", False, None),
    ("", "turn0search0", False, None),
    ("", "turn left", False, 0),
    ("", "turn0.", False, 0),
    ("", "fileciteturn0file1 ", False, 18),
    ("", "cite" + "turn0search0" * 9 + "t", False, 112),
    ("", "citeturn" + "0" * 100, False, 0),
]


def test_leftover_words_are_told_by_their_place() -> None:
    faults = []
    for before, text, starts, length in WORDS:
        got = read_word(text, 0, before, starts=starts, final=False)
        if got != length:
            faults.append((before, text, got))
    assert faults == []


def test_leftover_words_are_decided_at_the_end() -> None:
    assert read_word("undefined", 0, "Hello ", starts=False, final=True) == 9
    assert read_word("und", 0, "", starts=True, final=True) == 0


def test_leftover_words_begin_a_word() -> None:
    found = [bool(re.search(LEFTOVER_WORD, text)) for text in ("undefined", "an undefined", "nu", "is n", "citeturn0")]
    assert found == [True] * 5
    assert not any(re.search(LEFTOVER_WORD, text) for text in ("cann", "function", "under it"))


def test_prefixes_of_a_word() -> None:
    assert [bool(re.fullmatch(prefixes("ab."), text)) for text in ("", "a", "ab", "ab.", "b", "abc")] == [
        True, True, True, True, False, False,
    ]  # fmt: skip
