"""Run one command each of `ivr`."""
