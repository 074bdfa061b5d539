"""Token sequences and which of their tokens count, as plain arrays."""

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TOKENS = npt.NDArray[np.int32]
MASK = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sequence:
    """What the model reads, token 0 being the prefix or whatever comes first: it is never scored."""

    ids: TOKENS
    counted: MASK
    """Of the predictions of `ids[1:]`: whether they count."""

    @classmethod
    def after_prefix(cls, prefix: int, tokens: Many[int]) -> "Sequence":
        """A document after a prefix token: each of its tokens counts."""
        ids = np.empty(len(tokens) + 1, dtype=np.int32)
        ids[0], ids[1:] = prefix, tokens
        return cls(ids=ids, counted=np.ones(len(tokens), dtype=np.bool_))

    @classmethod
    def of(cls, tokens: Many[int], counts: Many[bool] | None = None) -> "Sequence":
        """Tokens as they are; the first is never scored, of the others those that `counts` says, by default all."""
        ids = np.asarray(tokens, dtype=np.int32)
        chosen = np.ones(len(ids), dtype=np.bool_) if counts is None else np.asarray(counts, dtype=np.bool_)
        return cls(ids=ids, counted=chosen[1:])

    @property
    def predictions(self) -> int:
        """How many tokens have one before them."""
        return len(self.counted)

    def cut(self, length: int) -> "Sequence":
        """Its first `length` tokens."""
        return Sequence(self.ids[:length], self.counted[: max(0, length - 1)])


def pack(sequences: Many[Sequence]) -> Sequence:
    """One sequence of many, in order. The first token of each stays unscored."""
    counted: list[MASK] = []
    for number, sequence in enumerate(sequences):
        if number:
            counted.append(np.zeros(1, dtype=np.bool_))
        counted.append(sequence.counted)
    return Sequence(np.concatenate([each.ids for each in sequences]), np.concatenate(counted))
