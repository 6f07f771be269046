"""Tell what looks wrong with a line's voice and dialect, by what Hamsa documents.

The service drops what it is asked to say in a voice that it does not know. Its list grows and a self-hosted one has
names of its own, so these are hints, no faults.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Final

from ivr.call.options import Language

VOICES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "ksa": ("Hiba", "Fahd", "Khadija", "Jasem"),
    "ar-sa": ("Khalid", "Rahma"),
    "msa": ("Salem", "Tamim"),
    "uae": ("Salma", "Dima"),
    "bah": ("Mazen", "Ruba"),
    "leb": ("Carla", "Majd"),
    "jor": ("Lana", "Jasem"),
    "egy": ("Mariam", "Samir"),
    "pls": ("Amjad", "Layan"),
    "syr": (),
    "irq": (),
    "qat": (),
    "kuw": (),
    "oma": (),
    "en": ("Emma", "James"),
}
"""The voices that are documented for each dialect; none: those of the dialect are not documented."""
_CLONED: Final = re.compile(r"[0-9a-fA-F-]{32,36}")
"""The id of a voice that the operator made."""


def voice_hints(language: Language, dialect: str, *speakers: str) -> list[str]:
    """Return what looks wrong, a sentence each. `speakers`: the voice, and the second one where there is one."""
    if dialect not in VOICES_OF:
        near = difflib.get_close_matches(dialect.lower(), VOICES_OF, 1)
        meant = f": did you mean {near[0]}?" if near else f": Hamsa documents {', '.join(VOICES_OF)}"
        return [f"dialect {dialect} is not known{meant}"]
    hints = []
    if (dialect == "en") != (language == "en"):
        hints.append(f"dialect {dialect} is not one of the language {language}: set both to the same language")
    documented = VOICES_OF[dialect]
    for speaker in speakers:
        if not documented or speaker in documented or _CLONED.fullmatch(speaker):
            continue
        others = [other for other, voices in VOICES_OF.items() if speaker in voices]
        why = f"is a voice of the dialect {' and '.join(others)}" if others else "is a voice that is not known"
        hints.append(f"speaker {speaker} {why}: for {dialect} Hamsa documents {', '.join(documented)}")
    return hints
