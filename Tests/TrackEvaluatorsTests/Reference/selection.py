"""Reference for DomainSelection: prints the order of ten documents, computed independently of the Swift code.

Run: python3 selection.py
"""

import hashlib

MASK = 2**64 - 1


def split_mix(state: int):
    """SplitMix64 as in Steele, Lea and Flood (2014)."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def order(texts: list[str], domain: str, seed: int) -> list[int]:
    """Positions of the texts in the frozen order."""
    items = sorted(range(len(texts)), key=lambda i: hashlib.sha256(texts[i].encode()).digest())
    start = hashlib.sha256(f"track selection 1\n{seed}\n{domain}".encode()).digest()[:8]
    random = split_mix(int.from_bytes(start, "big"))
    for last in range(len(items) - 1, 0, -1):
        limit = 2**64 - 2**64 % (last + 1)
        while (value := next(random)) >= limit:
            pass
        other = value % (last + 1)
        items[last], items[other] = items[other], items[last]
    return items


if __name__ == "__main__":
    documents = [f"document {i}" for i in range(10)]
    for name, number in [("legal/licences", 7), ("legal/licences", 8), ("code/python", 7), ("code/python", -1)]:
        print(name, number, order(documents, name, number))
    generator = split_mix(1234567)
    print([next(generator) for _ in range(3)])
