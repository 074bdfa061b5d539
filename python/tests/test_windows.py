"""Windows against the definition in words, for every small document and context."""

from itertools import pairwise

import pytest

from track_evaluator.windows import Window, disjoint_windows, strided_windows

SMALL = [(tokens, context) for tokens in range(40) for context in range(1, 13)]


def test_the_published_example() -> None:
    """9 tokens, context 4: ([prefix], 1-4), ([4], 5-8), ([5 6 7 8], 9). Position 0 of the sequence is the prefix."""
    assert list(disjoint_windows(9, 4)) == [Window(0, 4, 4), Window(4, 8, 4), Window(5, 9, 1)]


@pytest.mark.parametrize("context", range(1, 13))
def test_every_token_is_scored_exactly_once_and_in_order(context: int) -> None:
    for tokens in range(60):
        scored = [i for w in disjoint_windows(tokens, context) for i in range(w.first_scored, w.first_scored + w.scored)]
        assert scored == list(range(tokens))


def test_each_window_has_the_left_context_that_the_definition_gives_it() -> None:
    for tokens, context in SMALL:
        for window in disjoint_windows(tokens, context):
            # In the sequence with the prefix at 0, the first scored token stands at first_scored + 1.
            left = window.first_scored + 1 - window.start
            if window.first_scored == 0:
                assert (window.start, left) == (0, 1), "the first window is conditioned on the prefix alone"
            elif window.scored == context:
                assert left == 1, "a full window is conditioned on one token"
            else:
                assert window.stop == tokens, "only the last window is short"
                assert window.length == context, "the short window is extended to a full context"


def test_no_window_is_longer_than_the_context_or_leaves_the_document() -> None:
    for tokens, context in SMALL:
        windows = list(disjoint_windows(tokens, context))
        assert all(0 <= w.start < w.stop <= tokens and w.length <= context and w.scored >= 1 for w in windows)
        assert all(one.stop == other.first_scored for one, other in pairwise(windows))


def test_an_empty_document_has_no_windows() -> None:
    assert list(disjoint_windows(0, 4)) == []


def test_a_context_without_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one token"):
        list(disjoint_windows(3, 0))


def test_strided_windows_score_everything_once_when_they_overlap() -> None:
    for tokens, context in SMALL:
        for stride in range(1, context):
            windows = list(strided_windows(tokens, context, stride))
            assert [i for w in windows for i in range(w.first_scored, w.stop)] == list(range(tokens))
            assert all(w.length < context for w in windows), "the last token of an input predicts nothing and is not fed"


def test_a_stride_as_long_as_the_context_leaves_out_the_first_token_of_every_later_input() -> None:
    """9 tokens behind the prefix, inputs of 4: 0-3, 4-7, 8-9. Tokens 4 and 8 are predicted by none of them."""
    assert list(strided_windows(9, 4, 4)) == [Window(0, 3, 3), Window(4, 7, 3), Window(8, 9, 1)]


@pytest.mark.parametrize("stride", [0, 5])
def test_a_stride_outside_the_context_is_refused(stride: int) -> None:
    with pytest.raises(ValueError, match="stride"):
        list(strided_windows(9, 4, stride))
