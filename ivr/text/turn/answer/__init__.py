"""Read and judge one kind of answer at a time: numbers, spelled words, dates, addresses, names."""
