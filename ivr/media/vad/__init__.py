"""Detect voice activity: score the caller's audio, and tell the caller from echo, background voices and noise."""
