"""List the label values that metrics show from the start, at 0.

A counter that appears with its first event has not risen for Prometheus: an alert on it would miss that event.
docs/log.md explains each value.
"""

from __future__ import annotations

from typing import Final

_REASONS: Final = {
    "success": (
        *("caller_stop", "agent_goodbye", "agent_transfer", "call_too_long", "operator", "operator_transfer"),
        *("message_taken", "key_transfer", "key_hang_up", "answered_by_machine", "machine_message"),
    ),
    "caller_error": ("caller_flood", "caller_silent"),
    "upstream_error": (
        *("stt_unavailable", "agent_unavailable", "tts_unavailable", "transfer_unavailable"),
        *("stt_unavailable_transfer", "agent_unavailable_transfer", "tts_unavailable_transfer"),
    ),
    "indeterminate": ("caller_closed", "caller_dropped", "caller_stalled", "no_media", "superseded", "moved"),
    "bridge_error": ("shutdown", "vad_failed", "internal_error"),
}
CALL_ENDS: Final = tuple((result, reason) for result, reasons in _REASONS.items() for reason in reasons)
"""How calls end: result and reason."""
DOCUMENTS_ANSWERED: Final = ("answer", "busy", "closed", "drain", "error", "voicemail", "blocked", "anonymous")
"""What `/voice` answers."""
TAPE_OUTCOMES: Final = (
    *("kept", "not_kept", "disk_full", "disk_slow", "disk_failed", "read_only", "no_access", "gone", "few_files"),
    "failed",
)
"""What becomes of tapes."""
SPAN_OUTCOMES: Final = ("exported", "failed", "dropped")
"""What becomes of spans."""
NOTES_WATCHED: Final = (
    *("tts_failed", "stt_failed", "tts_degenerate", "tts_link_borrowed", "stt_link_borrowed"),
    *("resume_goes_on", "resume_unknown", "resume_too_often", "resume_ending"),
    *("tts_breaker_opened", "stt_breaker_opened", "speech_failed", "transcript_failed", "reply_failed"),
    *("nothing_understood", "transfer_failed", "turn_model_failed", "turn_model_late"),
    *("transfer_completed", "transfer_busy", "transfer_no_answer", "transfer_declined", "transfer_voicemail"),
)
"""Notes that docs/operating.md alerts on, and those of questions without an answer."""
