"""Hold the recordings of calls, as far as the carrier tells about them. No audio is kept."""

from __future__ import annotations

from dataclasses import dataclass

API_VERSION = "2010-04-01"


@dataclass(slots=True)
class CallRecording:
    """Hold one recording."""

    sid: str
    account_sid: str
    call_sid: str
    source: str
    """`RecordVerb`, `DialVerb`, `Conference`, `StartCallRecordingAPI` or `OutboundAPI`."""
    started: float
    """Clock of the carrier, seconds."""
    channels: int = 1
    track: str = "both"
    status: str = "in-progress"
    """`in-progress`, `paused`, `stopped`, `completed` or `absent`."""
    seconds: float = 0.0
    """Length, without what was paused."""
    conference_sid: str = ""

    def change(self, status: str, now: float) -> None:
        """Pause, go on, or stop."""
        if self.status == "in-progress":
            self.seconds += now - self.started
        if status == "in-progress":
            self.started = now
        self.status = status

    @property
    def uri(self) -> str:
        """Return the path of the resource without `.json`: the audio's URL ends so."""
        return f"/{API_VERSION}/Accounts/{self.account_sid}/Recordings/{self.sid}"

    def fields(self) -> dict[str, str]:
        """Return what an `action` or a callback tells about a finished recording."""
        return {
            "RecordingUrl": f"https://api.twilio.com{self.uri}",
            "RecordingSid": self.sid,
            "RecordingDuration": f"{self.seconds:.0f}",
        }

    def told(self) -> dict[str, str]:
        """Return the form of its status callback, beyond the account."""
        return {
            **self.fields(),
            "AccountSid": self.account_sid,
            "CallSid": self.call_sid,
            "RecordingStatus": self.status,
            "RecordingChannels": str(self.channels),
            "RecordingTrack": self.track,
            "RecordingSource": self.source,
            "ErrorCode": "0",
        }
