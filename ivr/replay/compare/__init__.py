"""Compare what a tape says was decided with what today's code decides, and say the difference in words."""
