"""Read the environment and `.env`. No other file reads the environment."""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

MAY_BE_EMPTY: Final = frozenset({"IVR_GREETING"})
"""Settings whose empty value has a meaning. An empty greeting: the agent says nothing first."""
_FILE: Final = Path(".env")
_PREFIXES: Final = ("IVR_", "HAMSA_", "TWILIO_", "OTEL_")
_FOR_SCRIPTS: Final = frozenset(
    {"IVR_MOCK_URL", "IVR_PUBLISH", "IVR_VENV", "IVR_TEST_WORKERS", "IVR_POD_NAME", "IVR_POD_NAMESPACE"}
    | {"IVR_BOARD_TOKEN"}
)
"""Names that docker-compose.yml, the scripts, `ivr call`, `ivr dial` and `ivr pod-cost` read, not the bridge."""


def gather(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return everything that is set under the bridge's prefixes, by name, without blanks around it.

    `env` replaces the process's environment and `.env`. UnicodeDecodeError where `.env` is not UTF-8.
    """
    if env is None:
        written = dotenv_values(_FILE)
        # The environment wins over the file, also with an empty value.
        env = {**{name: value or "" for name, value in written.items()}, **os.environ}
    ours = {name: value.strip() for name, value in env.items() if name.startswith(_PREFIXES)}
    # `IVR_PORT=` is how a setting is switched off without deleting its line.
    return {name: value for name, value in ours.items() if value or name in MAY_BE_EMPTY}


def pass_on(prefix: str) -> None:
    """Give the process's own environment what `.env` says under a prefix, for a library that reads it there."""
    for name, value in gather().items():
        if name.startswith(prefix):
            os.environ.setdefault(name, value)


def exported() -> dict[str, str]:
    """Return the same of the process's environment alone, without `.env`."""
    return gather(os.environ)


def unread(given: Collection[str], known: Collection[str]) -> list[str]:
    """Return a line for every IVR_ name that is not known, with the known name that was probably meant."""
    names = sorted(known)
    notes = []
    for name in sorted(set(given) - set(names) - _FOR_SCRIPTS):
        # Twilio's and Hamsa's own tools have names under their prefixes: those are no slips.
        if name.startswith("IVR_"):
            near = difflib.get_close_matches(name, names, 1)
            notes.append(f"{name} is not a setting" + (f": did you mean {near[0]}?" if near else ""))
    return notes
