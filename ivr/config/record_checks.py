"""Check the settings of what is kept of calls: one line a fault, the setting's name first, then the fix."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from ivr.config.lines import check_http_url
from ivr.config.settings import OFF, Settings

SHORTEST_SECRET: Final = 16
"""Characters that a secret must have which signs, or makes keys of telephone numbers."""
_DATABASES: Final = ("postgresql", "postgres", "sqlite")


def record_faults(settings: Settings) -> list[str]:
    """Return the faults of the database, of the events and of the keys. None repeats a URL, which may hold a secret."""
    faults = []
    database = settings.database_url.get_secret_value()
    if database not in ("", OFF) and not is_database(database):
        faults.append(
            "IVR_DATABASE_URL is no database the bridge knows: write postgresql://user:password@host/name, or leave it"
            " out for a file in IVR_DATA_DIR"
        )
    secret = settings.events_secret.get_secret_value()
    if settings.events_url:
        if problem := check_http_url(settings.events_url):
            faults.append(f"IVR_EVENTS_URL {problem}")
        if not secret:
            faults.append("IVR_EVENTS_SECRET is missing: set it to a secret that the receiver of IVR_EVENTS_URL knows")
        if not settings.keeps_records:
            faults.append("IVR_EVENTS_URL needs records: set IVR_DATABASE_URL to a database, or leave it out")
    elif secret:
        faults.append("IVR_EVENTS_SECRET is set without IVR_EVENTS_URL: set both, or neither")
    for name, value in (("IVR_EVENTS_SECRET", secret), ("IVR_RECORDS_KEY", settings.records_key.get_secret_value())):
        if 0 < len(value) < SHORTEST_SECRET:
            faults.append(f"{name} is too short to be safe: set it to {SHORTEST_SECRET} characters or more")
    return faults


def is_database(url: str) -> bool:
    """Tell whether a URL names a database of a known kind."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return False
    # SQLAlchemy's own names (postgresql+psycopg) are taken as well.
    return scheme.partition("+")[0] in _DATABASES
