"""Audio, counted in samples. May touch: the standard library, audioop, numpy, onnxruntime. Clock: media time only."""
