"""Measure how well the end of a turn is found, as eot-bench does; remake what is fitted."""
