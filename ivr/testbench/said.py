"""Let the mock service hear what a caller of `ivr call` says, without recognising anything.

The text of an utterance cannot travel in its audio, but a number can: a faint whistle (`hamsa.audio.marked`) that the
telephone and the bridge leave alone. So the caller tells the mock its texts beforehand, gets a marker for each, and
speaks with it. What is shown of such a call says SCRIPTED.

    POST /said   {"texts": ["Where is my parcel?", ...]}   ->   {"markers": [17, ...]}
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from ivr.testbench.hamsa.audio import MARKERS

SAID_PATH: Final = "/said"
_TEXTS_MOST: Final = 100
"""Texts of one call."""
_LONGEST_TEXT: Final = 2_000
"""Characters of a text."""
_PATIENCE: Final = 1.0
"""Seconds in which a mock on this machine answers."""


class SaidTexts:
    """Give each text a marker. A text that was not said for the longest loses its own to a new one."""

    def __init__(self, taken: Mapping[int, str]) -> None:
        """Take the markers that are never given away, with their texts."""
        self._fixed = dict(taken)
        self._given: OrderedDict[str, int] = OrderedDict((text, number) for number, text in taken.items())
        self._free = [number for number in range(MARKERS, 0, -1) if number not in taken]

    def __repr__(self) -> str:
        return f"<SaidTexts {len(self._given)} of {MARKERS}>"

    @property
    def marked(self) -> dict[int, str]:
        """Return the texts by their markers."""
        return {number: text for text, number in self._given.items()}

    def marker(self, text: str) -> int:
        """Return the marker of a text."""
        if text not in self._given:
            if not self._free:
                oldest = next(one for one, number in self._given.items() if number not in self._fixed)
                self._free.append(self._given.pop(oldest))
            self._given[text] = self._free.pop()
        self._given.move_to_end(text)
        return self._given[text]


def texts_of(request: Any) -> list[str]:
    """Return the texts of a request. Raises ValueError, in words, for anything else."""
    texts = request.get("texts") if isinstance(request, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
        raise ValueError('the body must be {"texts": [...]}, a list of texts that are not empty')
    if len(texts) > _TEXTS_MOST or any(len(text) > _LONGEST_TEXT for text in texts):
        raise ValueError(f"at most {_TEXTS_MOST} texts of {_LONGEST_TEXT} characters")
    return texts


async def markers_from(
    mock: str, texts: Sequence[str], transport: httpx.AsyncBaseTransport | None = None
) -> dict[str, int]:
    """Tell the mock at a URL what the caller will say; return the marker of each text.

    Raises ValueError, in words, when no mock of ours answers there.
    """
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=_PATIENCE, transport=transport) as client:
            answer = await client.post(f"{mock.rstrip('/')}{SAID_PATH}", json={"texts": list(texts)})
            told = answer.json().get("markers") if answer.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError) as problem:
        raise ValueError(f"no mock answers at {mock}") from problem
    if not isinstance(told, list) or len(told) != len(texts) or not all(isinstance(one, int) for one in told):
        raise ValueError(f"what answers at {mock} is no mock")
    return dict(zip(texts, told, strict=True))
