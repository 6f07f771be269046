"""Weigh values of one option or two against each other, over a folder of tapes."""
