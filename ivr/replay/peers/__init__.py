"""Read what peers answered on a tape: to play it, and to put it beside what they answer today."""
