"""What looks wrong with a line's voice."""

from __future__ import annotations

import pytest

from ivr.call.options import Language
from ivr.config.default_phrases import VOICES
from ivr.config.voices import voice_hints

ROWS: list[tuple[Language, str, tuple[str, ...], list[str]]] = [
    ("ar", "ksa", ("Hiba", "Fahd"), []),
    ("ar", "kuw", ("Anyone",), []),
    ("ar", "ksa", ("0f1e2d3c-0000-4000-8000-0123456789ab",), []),
    ("en", "en", ("Emma", "James"), []),
    ("ar", "ksa", ("Majd",), ["speaker Majd is a voice of the dialect leb"]),
    ("ar", "uae", ("Jasem",), ["speaker Jasem is a voice of the dialect ksa and jor"]),
    ("ar", "ksa", ("hiba",), ["speaker hiba is a voice that is not known: for ksa Hamsa documents Hiba"]),
    ("ar", "ksa", ("Hiba", "Nora"), ["speaker Nora is a voice that is not known"]),
    ("ar", "saudi", ("Hiba",), ["dialect saudi is not known"]),
    ("ar", "egyp", ("Hiba",), ["dialect egyp is not known: did you mean egy?"]),
    ("ar", "xxxxxxxx", ("Hiba",), ["dialect xxxxxxxx is not known: Hamsa documents ksa, ar-sa"]),
    ("en", "ksa", ("Hiba",), ["dialect ksa is not one of the language en"]),
    ("ar", "en", ("Hiba",), ["dialect en is not one of the language ar", "speaker Hiba is a voice of the dialect ksa"]),
]


def test_voice_hints_name_what_looks_wrong() -> None:
    failures = []
    for language, dialect, speakers, starts in ROWS:
        found = voice_hints(language, dialect, *speakers)
        if len(found) != len(starts) or not all(map(str.startswith, found, starts)):
            failures.append((language, dialect, speakers, found))
    assert failures == []


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_default_voices_are_documented(language: Language) -> None:
    speaker, dialect = VOICES[language]
    assert voice_hints(language, dialect, speaker) == []
