"""What happens on one call: events in, commands out. `now` is an argument; no vendor is named here."""
