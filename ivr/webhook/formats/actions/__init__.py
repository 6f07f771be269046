"""Read what an agent asks for beside its words."""
