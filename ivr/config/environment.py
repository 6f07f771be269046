"""What is written in the environment and in `.env` under our names. The one file that reads the environment.

The environment wins. An empty value counts as not set, except where emptiness says something (`MAY_BE_EMPTY`). A name
of ours that nobody reads is no fault, but told: it is a slip of the pen.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from pydantic_settings import BaseSettings, DotEnvSettingsSource

MAY_BE_EMPTY: Final = frozenset({"IVR_GREETING"})
"""Empty: nothing is said first."""
_FILE: Final = Path(".env")
_PREFIXES: Final = ("IVR_", "HAMSA_", "TWILIO_")
_OTHERS: Final = frozenset({"IVR_PUBLISH", "IVR_VENV", "IVR_TEST_WORKERS"})
"""Names that docker-compose.yml and the scripts read."""


def gather(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Everything set under our prefixes, by name, without blanks around it.

    `env` replaces the process's environment and `.env`. UnicodeDecodeError where `.env` is not UTF-8.
    """
    if env is None:
        written = DotEnvSettingsSource(BaseSettings, env_file=_FILE, case_sensitive=True).env_vars
        env = {**{name: value or "" for name, value in written.items()}, **os.environ}
    ours = {name: value.strip() for name, value in env.items() if name.startswith(_PREFIXES)}
    return {name: value for name, value in ours.items() if value or name in MAY_BE_EMPTY}


def exported() -> dict[str, str]:
    """The same of the process's environment alone."""
    return gather(os.environ)


def unread(given: Collection[str], known: Collection[str]) -> list[str]:
    """A line for every IVR_ name that is none of the known ones, with the one that was probably meant."""
    names = sorted(known)
    notes = []
    for name in sorted(set(given) - set(names) - _OTHERS):
        if name.startswith("IVR_"):
            near = difflib.get_close_matches(name, names, 1)
            notes.append(f"{name} is not a setting" + (f": did you mean {near[0]}?" if near else ""))
    return notes
