"""Which calls a suite plays, and which of them one mock service can serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.testbench.hamsa.audio import MARKERS
from ivr.testbench.scenario import ScenarioError, from_words
from ivr.testbench.suite.plan import PlannedCall, groups, plan, texts_of


def write(folder: Path, *names: str, text: str = "[[step]]\nwait = true") -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_files_and_folders_have_labels(tmp_path: Path) -> None:
    folder = write(tmp_path / "some", "b.toml", "en/a.toml", "notes.txt")
    alone = write(tmp_path, "alone.toml") / "alone.toml"
    calls = plan([folder, alone, alone], repeat=2)
    assert [(call.label, call.number) for call in calls] == [
        ("b", 1), ("en/a", 1), ("alone", 1), ("b", 2), ("en/a", 2), ("alone", 2),
    ]  # fmt: skip
    assert calls[4].folder == Path("en/a/2")


def test_equal_names_are_told_apart_by_their_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path, "one/x.toml", "two/x.toml"))
    assert [call.label for call in plan([Path("one"), Path("./two")])] == ["one/x", "two/x"]


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", "b.toml", text="[[step]]\nsay = 1")
    with pytest.raises(ScenarioError) as caught:
        plan([tmp_path])
    assert str(caught.value).splitlines() == [f"{name}.toml: step 1: say must be a text, not 1" for name in ("a", "b")]


def test_paths_without_a_scenario(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no such file or folder"):
        plan([tmp_path / "missing"])
    with pytest.raises(ScenarioError, match="no scenario"):
        plan([tmp_path])


def said(label: str, *texts: str, language: str = "en") -> PlannedCall:
    return PlannedCall(label, 1, from_words([f"say {text}" for text in texts], language=language))


def test_one_service_serves_one_language_and_few_texts() -> None:
    many = [f"text {number}" for number in range(MARKERS)]
    calls = [said("a", "hello"), said("b", "مرحبا", language="ar"), said("c", *many), said("d", "hello", "bye")]
    assert [[call.label for call in group] for group in groups(calls)] == [["a", "d"], ["b"], ["c"]]
    with pytest.raises(ScenarioError, match=f"e: more than {MARKERS} different texts"):
        list(groups([said("e", *many, "one more")]))


def test_each_text_is_told_once() -> None:
    assert texts_of([said("a", "hello", "bye"), said("b", "bye", "more")]) == ["hello", "bye", "more"]
