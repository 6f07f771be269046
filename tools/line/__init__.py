"""Prove what callers expect of a line: scenes on a whole bridge, with a mock carrier, people and an agent by script."""
