"""The evaluator against itself: how much a document's NLL moves when only the batch around it changes."""

import math
from collections.abc import Callable
from collections.abc import Sequence as Many
from typing import Any

import numpy as np

from track_evaluator.protocol import Protocol, Windows
from track_evaluator.scoring import NLL, Scorer
from track_evaluator.sequences import Sequence

SHARE = 0.02
"""Of the scored tokens; at least a batch of them, or all there are."""


class NoiseSample:
    """Documents that were scored among others, to be scored once more, every window alone."""

    def __init__(self, scorer: Scorer, protocol: Protocol, context: int) -> None:
        self._scorer = scorer
        self._protocol = protocol
        self._context = context
        self._sequences: list[Sequence] = []
        self._totals: list[float] = []
        self._seen = 0
        self._taken = 0

    def take(self, sequences: Many[Sequence], scores: Many[NLL]) -> None:
        """Keeps as many of a domain's sequences, from its first on, as the share asks for."""
        for sequence, nll in zip(sequences, scores, strict=True):
            self._seen += len(nll)
            missing = int(max(SHARE * self._seen, self._scorer.budget)) - self._taken
            if missing <= 0:
                continue
            kept = sequence
            if self._protocol.windows is Windows.PACKED:
                # The whole windows at the begin of a stream are the same in the stream that ends with them.
                kept = sequence.cut(max(1, missing // self._context) * self._context + 1)
            count = int(kept.counted.sum()) if len(kept.ids) < len(sequence.ids) else len(nll)
            self._sequences.append(kept)
            self._totals.append(float(nll[:count].sum(dtype=np.float64)))
            self._taken += count

    def measure(self, advanced: Callable[[], None]) -> dict[str, Any]:
        """What the contract says of it. `advanced` hears after every window that the evaluator lives."""
        if not self._sequences:
            return {}
        again = self._scorer.score(
            self._sequences, self._protocol, self._context, lambda _finished, _tokens: advanced(), alone=True
        )
        totals = [float(nll.sum(dtype=np.float64)) for nll in again]
        return {
            "noise": max(_difference(one, other) for one, other in zip(self._totals, totals, strict=True)),
            "noise_tokens": self._taken,
        }


def _difference(one: float, other: float) -> float:
    """Relative to the larger of two NLL; equal ones, infinite ones too, do not differ."""
    if one == other:
        return 0.0
    return abs(one - other) / max(one, other) if math.isfinite(one) and math.isfinite(other) else math.inf
