"""Read and check what an operator decides."""
