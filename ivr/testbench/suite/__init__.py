"""Run many scenarios, give one verdict, and compare two runs."""
