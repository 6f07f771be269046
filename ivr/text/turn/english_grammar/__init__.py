"""Read English sentences by their grammar: classes of words, verbs and what they need, clauses."""
