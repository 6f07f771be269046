"""Serve a small correct Media Streams server, and the same with one fault each."""
