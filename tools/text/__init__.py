"""Compare our sentence segmenter with others."""
