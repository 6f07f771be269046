"""List why a request for speech fails, and what follows from each reason: one row, one reason.

Add a reason here and nowhere else. A word that is not in the table cannot be used: `LinkLost` raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Describe one reason for a failed request."""

    why: str
    """What happened, in words."""
    retry: bool = True
    """The same request may succeed on a fresh link."""
    service_is_bad: bool = True
    """The failure counts against the service: enough of them open the breaker."""
    account_is_bad: bool = False
    """The service refuses the account. A single refusal proves nothing; a few without a success open the breaker."""
    too_many: bool = False
    """The service counts connections: open them more slowly, and keep waiting."""
    link_was_silent: bool = False
    """The link failed without a sign, so other links may be dead as well."""
    no_link: bool = False
    """No link was to be had. This says nothing about REST."""
    away: bool = False
    """The service cannot be reached at present. Try again after a pause."""
    request_is_bad: bool = False
    """The request itself is wrong. One other link is asked, REST is not."""
    other_speaker_may_help: bool = False
    """Another speaker may be able to say the sentence."""
    final: bool = False
    """Stop at once: no try is left."""
    no_more: bool = False
    """Audio that was given out before the failure cannot be continued."""


REASONS: Final[dict[str, Reason]] = {
    # What the service says in an error message, or with a close code or a status.
    "rate_limit": Reason(why="The service limits connections or requests.", away=True, too_many=True),
    "funds": Reason(why="The account has no money left.", retry=False, account_is_bad=True),
    "auth": Reason(why="The key is wrong or inactive.", retry=False, account_is_bad=True),
    "voice": Reason(
        why="The speaker is unknown or belongs to another account.",
        retry=False,
        service_is_bad=False,
        request_is_bad=True,
        other_speaker_may_help=True,
    ),
    "invalid": Reason(
        why="The service cannot read the request.",
        retry=False,
        service_is_bad=False,
        request_is_bad=True,
        other_speaker_may_help=True,
    ),
    "audio_format": Reason(
        why="One side cannot read the audio of the other.",
        retry=False,
        service_is_bad=False,
        other_speaker_may_help=True,
    ),
    "aborted": Reason(why="The service says that the client left.", service_is_bad=False),
    "unknown_error": Reason(why="The error message says nothing known.", other_speaker_may_help=True),
    "bad_answer": Reason(why="The answer over REST is not what was asked for."),
    "http_3xx": Reason(why="REST answers with a redirect, which is not followed.", retry=False, service_is_bad=False),
    "http_4xx": Reason(why="REST refuses the request.", retry=False, service_is_bad=False),
    "http_5xx": Reason(why="REST fails.", away=True),
    # What happens to a socket, or to the attempt to open one.
    "connect": Reason(why="No connection came about.", away=True),
    "connect_timeout": Reason(why="No connection came about in time.", no_link=True, away=True),
    "refused": Reason(why="The service answers the upgrade with a status that says nothing known.", away=True),
    "closed": Reason(why="The service closed the socket politely."),
    "going_away": Reason(why="The service shuts down."),
    "bad_text": Reason(why="The service could not decode a text frame."),
    "too_big": Reason(why="The service found a message too long."),
    "closed_badly": Reason(why="The service closed the socket with a code that says nothing known."),
    "broken": Reason(why="The socket died without a close frame.", link_was_silent=True),
    "dead": Reason(why="A ping stayed without an answer.", link_was_silent=True),
    "stuck": Reason(why="A cancelled reply did not end in time."),
    # What a reply lacks.
    "first_audio_timeout": Reason(why="No audio came in time.", link_was_silent=True, other_speaker_may_help=True),
    "gap_timeout": Reason(why="The audio stopped within a sentence.", link_was_silent=True),
    "transcript_timeout": Reason(why="No transcript came in time.", link_was_silent=True),
    "thinking": Reason(why="STT over REST has not decided on a transcript.", retry=False, service_is_bad=False),
    "degenerate": Reason(why="The replies have no speech in them.", other_speaker_may_help=True),
    "short": Reason(why="The reply ended long before its text."),
    "too_long": Reason(
        why="The reply is far longer than its text: its audio makes no sense.",
        retry=False,
        service_is_bad=False,
        other_speaker_may_help=True,
        no_more=True,
    ),
    "unasked_text": Reason(why="A link for transcripts sent text that nothing had asked for."),
    # What the bridge decides.
    "breaker": Reason(why="The breaker is open.", retry=False, service_is_bad=False, no_link=True, away=True),
    "no_link": Reason(why="No link became free in time.", retry=False, service_is_bad=False, no_link=True, away=True),
    "flood": Reason(why="The reply came faster than it was read, beyond all bounds.", service_is_bad=False),
    "cancelled": Reason(why="The request was cancelled while it was sent.", service_is_bad=False),
    "replaced": Reason(why="A newer link takes the place of this one.", service_is_bad=False),
    "surplus": Reason(why="The link is not needed any more.", service_is_bad=False),
    "shut": Reason(
        why="The speech service of the process is closed.",
        retry=False,
        service_is_bad=False,
        final=True,
        no_more=True,
    ),
}
"""Every reason by its word, which is safe for logs and labels."""


class LinkLost(Exception):
    """Report that a link, a request or an attempt to connect failed, and why. Raises KeyError for an unknown word."""

    def __init__(self, reason: str, *, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        """A word of `REASONS`."""
        self.row = REASONS[reason]
        """What follows from the reason."""
        self.code = code
        """The WebSocket close code, where there was one."""
