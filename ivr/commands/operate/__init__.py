"""Run the commands of those who run the bridge for a company."""
