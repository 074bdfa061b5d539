"""Bins of the token histogram."""

import math

import numpy as np
import pytest

from track_evaluator.histogram import EDGES, token_histogram


def bin_of(value: float) -> int:
    return token_histogram(np.asarray([value])).index(1)


def test_there_are_18_rising_edges_and_19_bins() -> None:
    assert len(EDGES) == 18
    assert list(EDGES) == sorted(set(EDGES))
    assert len(token_histogram(np.asarray([1.0]))) == 19


@pytest.mark.parametrize("number", range(18))
def test_a_value_equal_to_an_edge_belongs_to_the_bin_above(number: int) -> None:
    assert bin_of(EDGES[number]) == number + 1
    assert bin_of(math.nextafter(EDGES[number], 0)) == number


def test_the_ends_are_open() -> None:
    assert bin_of(0.0) == 0
    assert bin_of(1e30) == 18
    assert bin_of(math.inf) == 18


def test_the_thresholds_of_high_perplexity_tokens_are_edges() -> None:
    assert {math.log(tau) for tau in (1.5, 2.5, 10, 25, 1000)} <= set(EDGES)
