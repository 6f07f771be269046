"""The speech wire: Hamsa realtime TTS and STT."""
