"""Treat services that all calls depend on: breakers, pace, backoff. Pure: `now` and chance are arguments."""
