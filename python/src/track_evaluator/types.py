"""Which vocabulary types carry the loss: exact counts and sums per type of all tokens that were scored."""

from typing import Any

import numpy as np
import numpy.typing as npt

from track_evaluator.pieces import Vocabulary


def type_losses(ids: npt.NDArray[np.integer], nll: npt.NDArray[np.floating], most: int, vocabulary: Vocabulary) -> dict[str, Any]:
    """The `most` types with the largest summed NLL, the largest first, and what all the others come to.

    `ids` and `nll` are a domain's scored tokens, at least one. Sums are of float64; equal ones stand in the order of their ids.
    """
    counts = np.bincount(ids)
    sums = np.bincount(ids, weights=nll.astype(np.float64))
    present = np.flatnonzero(counts)
    order = present[np.argsort(-sums[present], kind="stable")]
    top, rest = order[:most], order[most:]
    return {
        "id": top.tolist(),
        "text": vocabulary.texts(top.tolist()),
        "count": counts[top].tolist(),
        "nll": sums[top].tolist(),
        "rest": {"count": int(counts[rest].sum()), "nll": float(sums[rest].sum())},
    }
