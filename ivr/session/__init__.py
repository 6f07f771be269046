"""Run one call: perform its commands, feed its events."""
