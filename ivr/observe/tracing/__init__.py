"""Trace calls: a trace a call, a span a turn, and below it who took the time."""
