"""Measure what the bridge carries: calls a core, memory, start, a long run, and where the CPU time goes."""
