"""Speak the telephone wire: Twilio Media Streams, TwiML documents, request signatures."""
