"""Keep calls on tapes, and run them again: exactly, or as they would have been."""
