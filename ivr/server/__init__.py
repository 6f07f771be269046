"""Serve HTTP and WebSockets, admit calls, drain."""
