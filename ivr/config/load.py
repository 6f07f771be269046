"""Read and check all settings at the start: from the environment, `.env` and `ivr.toml`."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from ivr.config.address import telephone
from ivr.config.checks import FIXES, LONGEST_NODE, faults_of, hints_of, notes_of
from ivr.config.environment import gather, unread
from ivr.config.lines import Line, announced, plain_line, read_lines, read_numbers
from ivr.config.settings import ENV_NAMES, SECRETS, Settings

LINES_FILE: Final = Path("ivr.toml")
"""The file of lines where IVR_CONFIG names no other. It may be missing."""


class SettingsError(ValueError):
    """Say why the bridge cannot start. `problems` has one line a fault: the setting's name, what is wrong, the fix."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(env: Mapping[str, str] | None = None, dev: bool = False) -> Settings:
    """Read and check all settings. Raises SettingsError when the bridge cannot start with them.

    `env` replaces the process's environment and `.env`, for tests.
    """
    try:
        given = gather(env)
    except UnicodeDecodeError:
        raise SettingsError([".env is not UTF-8: save it as UTF-8"]) from None
    if dev:
        given["IVR_DEV"] = "true"
    problems = _read_secrets(given)
    known = {name: value for name, value in given.items() if name in ENV_NAMES.values()}
    try:
        settings = Settings.model_validate(known)
    except ValidationError as error:
        # Settings of a wrong type are left out, so that the others can be checked as well. Their defaults are good, so
        # no setting gets two lines.
        wrong = sorted({str(fault["loc"][0]) for fault in error.errors()})
        settings = Settings.model_validate({name: value for name, value in known.items() if name not in wrong})
        problems += [f"{name} has a value that makes no sense: {FIXES[name]}" for name in wrong]
    # A laptop is reached by itself alone; a server is reached by Twilio, perhaps through a container's network.
    host = settings.host or ("127.0.0.1" if settings.dev else "0.0.0.0")
    public_url = settings.public_url.rstrip("/")
    if settings.dev and not public_url:
        public_url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    config = settings.config or (LINES_FILE if LINES_FILE.exists() else None)
    plain = plain_line(settings.language, settings.webhook_url, settings.endpoint_ms)
    # An empty greeting is a choice: the agent says nothing first.
    greeting = plain.phrases["greeting"] if settings.greeting is None else settings.greeting
    default = replace(
        plain,
        speaker=settings.speaker or plain.speaker,
        dialect=settings.dialect or plain.dialect,
        phrases={**plain.phrases, "greeting": greeting},
        fallback_speaker=settings.fallback_speaker,
        transfer_to=read_numbers(settings.transfer_to),
        caller_id=telephone(settings.caller_id),
        keep=settings.keep,
        keep_days=settings.keep_days,
        record=settings.record,
        record_days=settings.record_days,
    )
    lines, default, file_problems = _read_file(config, announced(default))
    node = settings.node or fit_node(platform.node())
    derived = {
        "node": node,
        "host": host,
        "public_url": public_url,
        "config": config,
        "default_line": default,
        "lines": tuple(lines),
    }
    settings = settings.model_copy(update=derived)
    notes = unread(given, ENV_NAMES.values()) + notes_of(settings)
    problems += faults_of(settings, lines_known=not file_problems) + file_problems
    if problems:
        raise SettingsError(problems)
    return settings.model_copy(update={"notes": tuple(notes), "hints": tuple(hints_of(settings))})


def fit_node(host: str) -> str:
    """Return the name of a node that is made of the name of its host."""
    return re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")[:LONGEST_NODE].strip("-") or "bridge"


def _read_secrets(given: dict[str, str]) -> list[str]:
    """Replace each NAME_FILE by what its file holds, and return the faults."""
    problems = []
    for name in SECRETS.values():
        path = given.pop(f"{name}_FILE", "")
        if not path:
            continue
        if name in given:
            problems.append(f"{name} and {name}_FILE are both set: leave one out")
            continue
        try:
            given[name] = Path(path).read_text("utf-8").strip()
        except OSError as error:
            problems.append(f"{name}_FILE {path} cannot be read ({error.strerror}): set it to the file of the secret")
        except UnicodeDecodeError:
            problems.append(f"{name}_FILE {path} is not UTF-8: write the secret alone into it")
        else:
            if not given[name]:
                problems.append(f"{name}_FILE {path} is empty: write the secret into it")
    return problems


def _read_file(path: Path | None, default: Line) -> tuple[list[Line], Line, list[str]]:
    """Return the lines of `ivr.toml`, the default line with what the file says of all lines, and the faults."""
    if path is None:
        return [], default, []
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        return [], default, [f"IVR_CONFIG {path} cannot be read ({error.strerror}): set it to your ivr.toml"]
    except UnicodeDecodeError:
        return [], default, [f"IVR_CONFIG {path} is not UTF-8: save it as UTF-8"]
    lines, default, problems = read_lines(text, default, path.parent)
    return lines, default, [f"IVR_CONFIG {path}: {problem}" for problem in problems]
