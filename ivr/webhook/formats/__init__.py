"""Read a reply in whatever format an agent sends it."""
