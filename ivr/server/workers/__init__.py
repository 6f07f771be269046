"""Run one bridge on every core: a parent that forks workers, and workers that share its socket."""
