"""Compare what hostile pieces cost the normalizer with what a plain sentence of the same length costs.

    python -m scripts.bench_normalize

Each piece repeats what makes patterns look far ahead. The figure is its CPU time as a multiple of the sentence's, in
the same run. A pattern that backtracks shows as hundreds or thousands.
"""

from __future__ import annotations

from time import process_time

from ivr.text.normalize.normalize import normalize

FAR_AHEAD = ["1", "1 ", "1,", "1.", "1/", "1:", "a1", "A1-", "<a ", "[a](", "*a", "a.", "a@", "١،", "- ", "+1 ", "1-"]
LONGEST = 300
"""Characters of the largest piece that reaches the normalizer."""
SENTENCE = "Your parcel is at the branch and you can collect it tomorrow morning. "
ROUNDS = 20


def cost(text: str) -> float:
    """Return the CPU seconds that the text costs, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = process_time()
        normalize(text)
        best = min(best, process_time() - began)
    return best


def main() -> None:
    plain = cost((SENTENCE * LONGEST)[:LONGEST])
    print(f"a sentence of {LONGEST} characters: 1 ({1000 * plain:.2f} ms)")
    for unit in FAR_AHEAD:
        print(f"{unit!r} repeated: {cost(unit * (LONGEST // len(unit))) / plain:.1f}")


if __name__ == "__main__":
    main()
