"""Take machinery out of what an agent writes, before sentences are cut."""
