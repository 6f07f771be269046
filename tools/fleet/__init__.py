"""Run a fleet of bridges on one machine, with the servers that it shares, and prove what it promises."""
