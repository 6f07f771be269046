"""Serve the carrier's REST resources."""
