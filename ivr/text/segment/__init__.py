"""Cut streamed text into sentences, and sentences into requests to TTS."""
