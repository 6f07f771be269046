"""Read and check all settings at the start: from the environment, `.env` and `ivr.toml`.

A missing or senseless setting stops the start. `SettingsError` has one line for each of them, all at once, with the
setting's name and the fix.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from ivr.config.checks import FIXES, faults_of
from ivr.config.environment import gather, unread
from ivr.config.lines import Line, check_fallback, check_phrase, check_transfer, plain_line, read_lines, read_numbers
from ivr.config.settings import ENV_NAMES, Settings

LINES_FILE: Final = Path("ivr.toml")
"""Read where it exists and IVR_CONFIG names no other."""
NO_TRANSFERS: Final = (
    "IVR_TRANSFER_TO: no number can be dialled without TWILIO_AUTH_TOKEN, and with --dev without IVR_TWILIO_REST_URL"
)


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
    known = {name: value for name, value in given.items() if name in ENV_NAMES.values()}
    problems = []
    try:
        settings = Settings.model_validate(known)
    except ValidationError as error:
        # Settings of a wrong type are left out, so that the others can be checked as well.
        wrong = sorted({str(fault["loc"][0]) for fault in error.errors()})
        settings = Settings.model_validate({name: value for name, value in known.items() if name not in wrong})
        problems = [f"{name} has a value that makes no sense: {FIXES[name]}" for name in wrong]
    settings = settings.model_copy(update=_derived(settings))
    default, faults = _default_line(settings)
    lines, default, file_problems = _read_file(settings.config, default)
    settings = settings.model_copy(update={"default_line": default, "lines": tuple(lines)})
    notes = unread(given, ENV_NAMES.values())
    if any(line.transfer_to for line in settings.all_lines) and not settings.rest_possible:
        notes.append(NO_TRANSFERS)
    # One line a setting: a value of a wrong type is not also called missing.
    named = {problem.split(" ", 1)[0] for problem in problems}
    faults += faults_of(settings, lines_known=not file_problems)
    problems += [fault for fault in faults if fault.split(" ", 1)[0] not in named]
    if problems + file_problems:
        raise SettingsError(problems + file_problems)
    return settings.model_copy(update={"notes": tuple(notes)})


def _derived(settings: Settings) -> dict[str, Any]:
    """Return the settings that follow from others, where they were left out."""
    host = settings.host or ("127.0.0.1" if settings.dev else "0.0.0.0")
    public_url = settings.public_url.rstrip("/")
    if settings.dev and not public_url:
        public_url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    config = settings.config or (LINES_FILE if LINES_FILE.exists() else None)
    return {"host": host, "public_url": public_url, "config": config}


def _default_line(settings: Settings) -> tuple[Line, list[str]]:
    """Return the line that the environment describes, and a line of text for each of its faults."""
    plain = plain_line(settings.language, settings.webhook_url, settings.endpoint_ms)
    phrases = dict(plain.phrases)
    if settings.greeting is not None:
        phrases["greeting"] = settings.greeting
    line = Line(
        number="",
        webhook_url=settings.webhook_url,
        language=settings.language,
        speaker=settings.speaker or plain.speaker,
        dialect=settings.dialect or plain.dialect,
        phrases=phrases,
        endpoint_ms=settings.endpoint_ms,
        fallback_speaker=settings.fallback_speaker,
        transfer_to=read_numbers(settings.transfer_to),
    )
    problems = {
        "IVR_GREETING": check_phrase(phrases["greeting"]),
        "IVR_TRANSFER_TO": check_transfer(line.transfer_to),
        "IVR_FALLBACK_SPEAKER": check_fallback(line),
    }
    return line, [f"{name} {problem}" for name, problem in problems.items() if problem]


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
    lines, default, problems = read_lines(text, default)
    return lines, default, [f"IVR_CONFIG {path}: {problem}" for problem in problems]
