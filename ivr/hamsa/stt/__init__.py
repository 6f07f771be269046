"""Transcribe utterances over links to the speech service."""
