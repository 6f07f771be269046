"""Tell who is on the line: the observer of live calls, and the engines of the directory."""
