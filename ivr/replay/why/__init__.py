"""Say why something happened on a call: back from an effect to the inputs that led to it."""
