"""Run the commands that play or replay many calls and give one verdict."""
