"""The flame graph: one small SVG, boxes as wide as their share."""

from __future__ import annotations

from xml.etree import ElementTree

from tools.load.flame import COLOURS, WIDTH, draw, places, tree
from tools.load.stages import STAGES

SVG = "{http://www.w3.org/2000/svg}"
START = "main (ivr/cli.py:84);Runner.run (asyncio/runners.py:118)"
RAW = [
    f"{START};Session._read (ivr/session/session.py:10);Call.receive (ivr/call/call.py:82) 600",
    f"{START};Session._read (ivr/session/session.py:12);Call.receive (ivr/call/call.py:90) 150",
    f"{START};<lambda> (ivr/twilio/messages.py:3) 249",
    f"{START};rare (ivr/call/call.py:9) 1",
    f"{START} 4000",
    "Thread._bootstrap (threading.py:1);LogWriter.run (ivr/observe/log_writer.py:9) 5000",
]


def test_lines_of_a_function_are_one_box() -> None:
    root = tree(RAW)
    assert (root.count, list(root.inner)) == (
        1000,
        ["Session._read (ivr/session/session.py)", "<lambda> (ivr/twilio/messages.py)", "rare (ivr/call/call.py)"],
    )
    read = root.inner["Session._read (ivr/session/session.py)"]
    assert (read.count, read.stages) == (750, {"call": 750})


def test_the_widest_is_first_and_the_rare_is_left_out() -> None:
    placed = [(one.box.name.partition(" ")[0], one.left, one.row) for one in places(tree(RAW), 1000)]
    assert placed == [("the", 0.0, 0), ("Session._read", 0.0, 1), ("Call.receive", 0.0, 2), ("<lambda>", 0.75, 1)]


def test_the_picture_is_xml_with_its_names_in_tooltips() -> None:
    picture = ElementTree.fromstring(draw(RAW, "A & B"))
    boxes = picture.findall(f"{SVG}g")
    titles = [box.findtext(f"{SVG}title") for box in boxes]
    assert titles == [
        "the bridge's main thread: 100.0 %",
        "Session._read (ivr/session/session.py): 75.0 %",
        "Call.receive (ivr/call/call.py): 75.0 %",
        "<lambda> (ivr/twilio/messages.py): 24.9 %",
    ]
    rects = [box.find(f"{SVG}rect") for box in boxes]
    assert [rect.get("fill") for rect in rects if rect is not None] == [
        COLOURS[STAGES.index(stage)] for stage in ("call", "call", "call", "parse")
    ]
    assert picture.find(f"{SVG}text").text == "A & B"  # type: ignore[union-attr]
    assert picture.get("width") == str(WIDTH)


def test_a_name_is_cut_to_its_box() -> None:
    narrow = [f"{START};{'n' * 300} (ivr/call/call.py:1) 600", f"{START};Class.method (ivr/call/call.py:1) 60"]
    narrow += [f"{START};x{number} (ivr/call/call.py:1) 2" for number in range(170)]
    texts = [
        text
        for box in ElementTree.fromstring(draw(narrow, "t")).findall(f"{SVG}g")
        for text in box.findall(f"{SVG}text")
    ]
    assert [text.text for text in texts][1:] == ["n" * 112 + "…", "method"]


def test_nothing_sampled_is_an_empty_picture() -> None:
    assert len(ElementTree.fromstring(draw([], "t")).findall(f"{SVG}g")) == 1
