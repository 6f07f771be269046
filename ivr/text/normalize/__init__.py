"""Turn written text into text a voice can speak."""
