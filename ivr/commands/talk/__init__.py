"""The softphone: its bridge, its page, its links."""
