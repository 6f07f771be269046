"""Run the legs of calls: each with its own id, far party, documents and callbacks."""
