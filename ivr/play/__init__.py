"""Load the recordings that an agent plays: from a folder of the operator's, and from hosts that are allowed."""
