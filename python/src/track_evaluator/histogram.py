"""Counts of scored tokens by their NLL, so that the share of tokens above any of the usual thresholds can be read later."""

import math

import numpy as np
import numpy.typing as npt

EDGES = (
    0.1,
    0.25,
    math.log(1.5),
    0.65,
    math.log(2.5),
    1.25,
    1.75,
    math.log(10),
    math.log(25),
    4.0,
    5.0,
    6.0,
    math.log(1000),
    8.0,
    10.0,
    12.0,
    15.0,
    20.0,
)
"""Bin edges in nats. Bin 0 is below the first edge; a value equal to an edge belongs to the bin above it."""


def token_histogram(nll: npt.NDArray[np.floating]) -> list[int]:
    """One count for each of the 19 bins. The values must not be NaN; +inf belongs to the last bin."""
    bins = np.searchsorted(np.asarray(EDGES), nll.astype(np.float64), side="right")
    return np.bincount(bins, minlength=len(EDGES) + 1).tolist()
