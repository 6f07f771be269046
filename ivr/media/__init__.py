"""Handle audio, counted in samples. May touch: the standard library, audioop, numpy, onnxruntime; media time."""
