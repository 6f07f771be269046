"""Go on with a call whose stream has died: its state is kept while it lasts, and `/resume` finds it."""
