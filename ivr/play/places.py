"""Decide which recordings may be loaded: names of files, URLs, and the addresses behind them.

What an agent asks for may have been written by a stranger who talked to it. So only hosts of the operator's list are
asked, over https, and only at addresses of the public internet: never the bridge's own network or its machine.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import SplitResult, urljoin, urlsplit

PlayReason: TypeAlias = Literal[
    "play_off", "play_name", "play_missing", "play_url", "play_host", "play_address", "play_redirects",
    "play_unreachable", "play_slow", "play_status", "play_size", "play_content", "play_length",
]  # fmt: skip
"""Why a recording is not played. docs/agents.md has what each means."""

LONGEST_PLACE: Final = 2048
"""Characters of a URL or a file's name."""
_ENTRY: Final = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*(:\d{1,5})?|\[[0-9a-f:.]+\](:\d{1,5})?")
_ODD: Final = re.compile(r"[\x00-\x20\x7f-\uffff\\<>\"^`{|}]")
"""Characters that no written URL has, and that readers of URLs understand in more than one way."""
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


class PlayRefused(Exception):
    """Report that a recording cannot be played."""

    def __init__(self, reason: PlayReason) -> None:
        super().__init__(reason)
        self.reason: PlayReason = reason


def is_url(source: str) -> bool:
    """Return whether a source is meant as a URL, and not as the name of a file."""
    return "://" in source


def read_hosts(written: str) -> tuple[str, ...]:
    """Return the hosts of a list with commas, in small letters."""
    return tuple(dict.fromkeys(entry.strip().lower() for entry in written.split(",") if entry.strip()))


def check_hosts(hosts: Iterable[str]) -> str | None:
    """Return what is wrong with a list of hosts; None: nothing."""
    for entry in hosts:
        if _ENTRY.fullmatch(entry) is None:
            return "has something that is no host: write names such as audio.example.com or *.example.com, with commas"
    return None


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """Hold the hosts that may be asked."""

    entries: tuple[str, ...]
    """`example.com`, `*.example.com` for all below it; a port other than 443 stands behind a colon."""
    dev: bool = False
    """The machine itself may be asked, over http as well."""

    def check(self, url: str) -> SplitResult:
        """Return the parts of a URL that may be asked. Raises PlayRefused."""
        if len(url) > LONGEST_PLACE or _ODD.search(url) is not None:
            raise PlayRefused("play_url")
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            raise PlayRefused("play_url") from None
        if not host or parts.username is not None or parts.password is not None:
            raise PlayRefused("play_url")
        if parts.scheme != "https" and not (parts.scheme == "http" and self.dev and is_own(host)):
            raise PlayRefused("play_url")
        usual = {"https": 443, "http": 80}[parts.scheme]
        if not self._has(host, port if port != usual else None):
            raise PlayRefused("play_host")
        return parts

    def redirected(self, url: str, location: str) -> str:
        """Return the URL that an answer names, where it may be asked as well. Raises PlayRefused."""
        if _ODD.search(location) is not None:
            raise PlayRefused("play_url")
        try:
            there = urljoin(url, location)
        except ValueError:
            raise PlayRefused("play_url") from None
        self.check(there)
        return there

    def check_address(self, host: str, address: str) -> None:
        """Raise PlayRefused for an address that may not be connected to."""
        if not (is_public(address) or (self.dev and is_own(host) and is_loopback_address(address))):
            raise PlayRefused("play_address")

    def _has(self, host: str, port: int | None) -> bool:
        name = f"[{host}]" if ":" in host else host
        behind = "" if port is None else f":{port}"
        # A star stands for one name or more, never for none.
        below = (name[at:] for at in range(len(name)) if name[at] == "." and at)
        return f"{name}{behind}" in self.entries or any(f"*{part}{behind}" in self.entries for part in below)


def is_own(host: str) -> bool:
    """Return whether a host is the machine itself, by its name."""
    return host == "localhost" or is_loopback_address(host)


def is_loopback_address(address: str) -> bool:
    """Return whether this is an address of the machine itself."""
    found = _address(address)
    return found is not None and found.is_loopback


def is_public(address: str) -> bool:
    """Return whether this is an address of the public internet, whatever it is wrapped in."""
    found = _address(address)
    if found is None:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        # What is written as IPv6 may end at an address of IPv4: then that one counts.
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if found.is_site_local or int(found) >> 32 == 0:
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _address(written: str) -> _Address | None:
    try:
        # With a zone, it is an address of this machine's own links.
        return ipaddress.ip_address(written) if "%" not in written else None
    except ValueError:
        return None


def file_in(folder: Path, name: str) -> Path:
    """Return the file of this name in the operator's folder. Raises PlayRefused, and OSError for a broken folder."""
    if not name or len(name) > LONGEST_PLACE or "\0" in name or "\\" in name or name.startswith(("/", "~")):
        raise PlayRefused("play_name")
    if any(part in ("", ".", "..") for part in name.split("/")) or ":" in name:
        raise PlayRefused("play_name")
    root = folder.resolve()
    found = (root / name).resolve()
    # A link that leads out of the folder is no file of it.
    if not found.is_relative_to(root):
        raise PlayRefused("play_name")
    if not found.is_file():
        raise PlayRefused("play_missing")
    return found
