"""Speak text over links to the speech service."""
