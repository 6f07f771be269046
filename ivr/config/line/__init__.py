"""Hold what a line has besides its agent and voice: languages, hours, greetings by time of day, callers."""
