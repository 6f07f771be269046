"""Check that CHANGELOG.md and the version agree: an Unreleased section on top, then this version, newest first.

The format is Keep a Changelog 1.1. `python -m scripts.changelog` prints what is wrong.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
_RELEASE = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\d{4}-\d{2}-\d{2}))?$")


def faults(changelog: str, version: str) -> list[str]:
    """Return what is wrong with this text, one line each."""
    found: list[str] = []
    releases: list[str] = []
    lines = changelog.splitlines()
    for number, line in enumerate(lines, 1):
        if not line and lines[number - 2 : number - 1] == [""]:
            found.append(f"CHANGELOG.md:{number}: two blank lines")
        elif not line and _is_entry(lines[number - 2]) and any(map(_is_entry, lines[number : number + 1])):
            found.append(f"CHANGELOG.md:{number}: a blank line inside a list")
        elif line.startswith("## "):
            match = _RELEASE.match(line)
            if match is None or (match["name"] != "Unreleased" and match["date"] is None):
                found.append(f"CHANGELOG.md:{number}: a release is '## [1.2.3] - 2026-01-31'")
                continue
            releases.append(match["name"])
        elif line.startswith("### ") and line[4:] not in KINDS:
            found.append(f"CHANGELOG.md:{number}: {line[4:]!r} is none of {', '.join(sorted(KINDS))}")
    if releases[:1] != ["Unreleased"]:
        found.append("CHANGELOG.md: the first section must be '## [Unreleased]'")
    if version not in releases:
        found.append(f"CHANGELOG.md: no section for version {version}")
    if len(set(releases)) != len(releases):
        found.append("CHANGELOG.md: a release is there twice")
    return found


def _is_entry(line: str) -> bool:
    """Return whether a line belongs to a list."""
    return line.startswith(("- ", "  "))


def version_faults(root: Path = ROOT) -> list[str]:
    """Check that both places of the version agree."""
    declared = str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    found = faults((root / "CHANGELOG.md").read_text(encoding="utf-8"), declared)
    shown = re.search(r'^__version__ = "([^"]+)"$', (root / "ivr" / "__init__.py").read_text(encoding="utf-8"), re.M)
    if shown and shown[1] != declared:
        found.append(f"ivr/__init__.py says {shown[1]}, pyproject.toml says {declared}")
    return found


if __name__ == "__main__":
    wrong = version_faults()
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)
