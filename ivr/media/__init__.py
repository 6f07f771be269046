"""Handle audio, counted in samples. May touch: the standard library, audioop, numpy; media time."""

import os

# Every matrix here is small. With threads numpy's BLAS would wait for other cores at each product, in time that belongs
# to other processes. It reads this when numpy is first imported, which is below this room.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251 (set for a library, nothing is read)
