"""Hold the checks B1 to B25, by what they look at."""
