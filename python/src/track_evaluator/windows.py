"""Disjoint windows over one document (protocol `windows: disjoint`), as pure index arithmetic.

A document of n tokens, preceded by the prefix token, is the sequence s of n + 1 tokens. A window feeds s[start:stop] to
the model, whose outputs predict s[start+1 : stop+1]; the last `scored` of those predictions count.

The rule is that of Paloma (arXiv 2312.10523) and of lm-evaluation-harness's rolling log-likelihood: the first window is
conditioned on the prefix, each later full one on the one token before it, and the last, short one is extended to the
left to a full context. Every token of the document is scored exactly once; no window is longer than the context.
"""

from collections.abc import Iterator
from dataclasses import dataclass


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
        """Position in the document (0 is its first token, not the prefix) of the first token that counts."""
        return self.stop - self.scored


def disjoint_windows(tokens: int, context: int) -> Iterator[Window]:
    """The windows of a document of `tokens` tokens for a context of `context` tokens, in order."""
    if context < 1:
        raise ValueError("a context holds at least one token")
    first = min(tokens, context)
    if first:
        yield Window(start=0, stop=first, scored=first)
    done = first
    while done < tokens:
        stop = min(done + context, tokens)
        yield Window(start=stop - context, stop=stop, scored=stop - done)
        done = stop
