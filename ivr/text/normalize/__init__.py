"""Turn written text into text that TTS can speak."""
