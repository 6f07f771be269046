"""Speak the speech wire: Hamsa realtime TTS and STT."""
