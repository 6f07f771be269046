"""How one process treats the services that all its calls depend on. Pure: `now` and chance are given."""
