"""Handle language: cut streamed text into sentences and requests to TTS, and make text fit for speech."""
