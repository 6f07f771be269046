"""Run beside the calls what takes time: one process a machine."""
