"""Decide what happens on one call: events in, commands out. `now` is an argument, and no vendor is named here."""
