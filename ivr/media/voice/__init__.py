"""Tell what a voice does beside its words: its prosody."""
