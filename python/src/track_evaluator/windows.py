"""The windows of a protocol over one sequence, as pure index arithmetic.

A sequence s has N tokens; token 0 (the prefix) is never scored, so there are N - 1 predictions: prediction i is that of
s[i + 1]. A window feeds s[start:stop] to the model, which gives the predictions start ... stop - 1; the last `scored` of
them count.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from track_evaluator.protocol import Protocol, Windows


@dataclass(frozen=True)
class Window:
    """One forward pass: input s[start:stop], of which the last `scored` predictions count."""

    start: int
    stop: int
    scored: int

    @property
    def length(self) -> int:
        """Input tokens."""
        return self.stop - self.start

    @property
    def first_scored(self) -> int:
        """The first prediction that counts."""
        return self.stop - self.scored


def windows(protocol: Protocol, predictions: int, context: int) -> Iterator[Window]:
    """The windows of a sequence with so many predictions, in order. `context` is in tokens, the protocol's 0 resolved.

    A truncated sequence was cut to the context before, and a packed one joined from the documents of a domain.
    """
    match protocol.windows:
        case Windows.STRIDED:
            return strided_windows(predictions, context, protocol.stride or context)
        case Windows.DISJOINT | Windows.PACKED | Windows.TRUNCATED:
            return disjoint_windows(predictions, context)


def disjoint_windows(predictions: int, context: int) -> Iterator[Window]:
    """The rule of Paloma (arXiv 2312.10523) and of lm-evaluation-harness's rolling log-likelihood.

    The first window is conditioned on the prefix, each later full one on the one token before it, and the last, short
    one is extended to the left to a full context. Every prediction counts exactly once; no window is longer than the context.
    """
    if context < 1:
        raise ValueError("a context holds at least one token")
    first = min(predictions, context)
    if first:
        yield Window(start=0, stop=first, scored=first)
    done = first
    while done < predictions:
        stop = min(done + context, predictions)
        yield Window(start=stop - context, stop=stop, scored=stop - done)
        done = stop


def strided_windows(predictions: int, context: int, stride: int) -> Iterator[Window]:
    """The form of the transformers manual ("Perplexity of fixed-length models").

    Inputs of `context` tokens begin every `stride` tokens; each scores only the tokens that no earlier one saw. The last
    token of an input predicts nothing there, so it is not fed here. With a stride as long as the context, the first token of
    every later input is the first of its input and is not scored, as there.
    """
    if not 1 <= stride <= context:
        raise ValueError("a stride is from 1 to the context")
    total = predictions + 1
    seen = 0
    for begin in range(0, total, stride):
        end = min(begin + context, total)
        scored = end - max(seen, begin + 1)
        if scored > 0:
            yield Window(start=begin, stop=end - 1, scored=scored)
        seen = end
        if end == total:
            return
