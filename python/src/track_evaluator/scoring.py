"""NLL of every token of a list of documents, in nats, float32 log-softmax, without ever holding a batch's logits.

The time of a small batch and the memory of a large vocabulary are both in the output head. So the body of the model runs
on length-sorted batches, and the head only on the positions that are scored, a chunk at a time.
"""

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from track_evaluator import memory, precision
from track_evaluator.checkpoint import Checkpoint
from track_evaluator.failures import ErrorCode, EvaluationError
from track_evaluator.head import Head, choose_head, distance, tolerance
from track_evaluator.protocol import Protocol
from track_evaluator.sequences import MASK, Sequence
from track_evaluator.windows import Window, windows

TOKENS_PER_BATCH = {"cpu": 2048, "cuda": 32768}
LOGIT_BYTES = {"cpu": 64 * 1024 * 1024, "cuda": 1024 * 1024 * 1024}
"""Most memory for float32 logits at one time."""
WIDTH = 16
"""Batches are padded to multiples of it: oneDNN prepares every shape that it has not seen, and multiplies whole blocks."""
PROBE_TOKENS = 64

NLL = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    """A window of a sequence with the predictions in it that count."""

    number: int
    window: Window
    counted: npt.NDArray[np.intp]
    """Predictions of the sequence, ascending, at least one."""
    place: int
    """Of the first of them among all that count in the sequence."""


class Scorer:
    """Scores documents with one checkpoint.

    Right padding needs no attention mask in a causal model, because no position sees what comes after it; `_verify`
    makes sure that the model is one.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._logit_bytes = LOGIT_BYTES[checkpoint.device.type]
        self._head: Head | None = None
        self._verified = False

    @property
    def budget(self) -> int:
        """Padded tokens of a batch."""
        return TOKENS_PER_BATCH[self._checkpoint.device.type]

    def score(
        self,
        sequences: Many[Sequence],
        protocol: Protocol,
        context: int,
        advanced: Callable[[int, int], None],
        alone: bool = False,
    ) -> list[NLL]:
        """The NLL of each token that counts, sequence after sequence. NaN and +inf are passed on.

        `advanced` hears after every batch how many sequences are finished and how many tokens the batch scored.
        The result does not depend on time, threads or what was scored before: batches are a function of the lengths.
        With `alone` every window is a batch of its own, for the measurement of what batching changes.
        """
        work: list[Piece] = []
        result: list[NLL] = []
        for number, sequence in enumerate(sequences):
            pieces = _pieces(number, sequence.counted, windows(protocol, sequence.predictions, context))
            result.append(np.empty(sum(len(piece.counted) for piece in pieces), dtype=np.float32))
            work += pieces
        open_pieces = np.bincount([piece.number for piece in work], minlength=len(sequences))
        work.sort(key=lambda piece: (-piece.window.length, piece.number, piece.window.start))
        finished = 0
        with torch.inference_mode():
            for batch in _batches(work, 1 if alone else self.budget):
                nll = self._batch(sequences, batch)
                at = 0
                for piece in batch:
                    count = len(piece.counted)
                    result[piece.number][piece.place : piece.place + count] = nll[at : at + count]
                    at += count
                    open_pieces[piece.number] -= 1
                    finished += int(open_pieces[piece.number] == 0)
                advanced(finished, len(nll))
        return result

    @staticmethod
    def places(sequence: Sequence, protocol: Protocol, context: int) -> npt.NDArray[np.intp]:
        """Where the tokens stand in a sequence whose NLL `score` gives, in its order."""
        pieces = _pieces(0, sequence.counted, windows(protocol, sequence.predictions, context))
        return np.concatenate([piece.counted + 1 for piece in pieces] or [np.empty(0, dtype=np.intp)])

    def _batch(self, sequences: Many[Sequence], batch: list[Piece]) -> NLL:
        """NLL of the tokens that count in a batch, piece after piece."""
        width = self._width(max(piece.window.length for piece in batch))
        inputs = np.zeros((len(batch), width), dtype=np.int64)
        positions, targets = [], []
        for row, piece in enumerate(batch):
            ids, window = sequences[piece.number].ids, piece.window
            inputs[row, : window.length] = ids[window.start : window.stop]
            positions.append(row * width + piece.counted - window.start)
            targets.append(ids[piece.counted + 1])
        device = self._checkpoint.device
        ids = torch.from_numpy(inputs).to(device)
        if not self._verified:
            self._verify(self._probe())
        at = torch.from_numpy(np.concatenate(positions)).to(device)
        wanted = torch.from_numpy(np.concatenate(targets).astype(np.int64)).to(device)
        parts = self._through_head(ids, at, wanted) if self._head else self._through_model(ids, at, wanted)
        # The clamp turns a rounding -0.0 into 0; NaN passes it.
        return torch.cat(parts).clamp_(min=0).cpu().numpy()

    def _width(self, longest: int) -> int:
        """Of a batch: a whole number of blocks, unless the model has no positions for them."""
        width = -(-longest // WIDTH) * WIDTH
        limit = self._checkpoint.maximum_context
        return width if limit is None or width <= limit else longest

    def _probe(self) -> torch.Tensor:
        """Tokens from all over the vocabulary. What is decided by them must not depend on which documents come first: an
        evaluation that goes on after a kill begins with others."""
        length = min(PROBE_TOKENS, self._checkpoint.maximum_context or PROBE_TOKENS)
        ids = torch.arange(1, length + 1) * 7919 % self._checkpoint.embedding_rows
        return ids[None].to(self._checkpoint.device)

    def _through_head(self, ids: torch.Tensor, at: torch.Tensor, wanted: torch.Tensor) -> list[torch.Tensor]:
        head = self._head
        assert head is not None  # noqa: S101 - for the type checker; the caller chose this path by it
        hidden = head.body(ids).flatten(0, 1)[at]
        size = max(1, self._logit_bytes // (4 * self._checkpoint.vocabulary))
        return [
            functional.cross_entropy(head.logits(hidden[i : i + size]), wanted[i : i + size], reduction="none")
            for i in range(0, len(at), size)
        ]

    def _through_model(self, ids: torch.Tensor, at: torch.Tensor, wanted: torch.Tensor) -> list[torch.Tensor]:
        """For models whose logits the head alone does not reproduce: their own forward, a few rows at a time."""
        width = ids.shape[1]
        rows = max(1, self._logit_bytes // (4 * self._checkpoint.vocabulary * width))
        parts = []
        for row in range(0, len(ids), rows):
            logits = self._checkpoint.model(input_ids=ids[row : row + rows], use_cache=False).logits.flatten(0, 1)
            inside = (at >= row * width) & (at < (row + rows) * width)
            own = logits[at[inside] - row * width].float()
            parts.append(functional.cross_entropy(own, wanted[inside], reduction="none"))
        return parts

    def _verify(self, probe: torch.Tensor) -> None:
        """Before the first batch: matrix products must be float32's, the model must not look ahead, and the head alone must
        give the model's own logits."""
        model = self._checkpoint.model
        head = model.get_output_embeddings()
        if self._checkpoint.device.type == "cpu" and head is not None:
            precision.settle(head.weight[:512])
        own = model(input_ids=probe, use_cache=False).logits
        if probe.shape[1] > 1:
            changed = probe.clone()
            changed[0, -1] = (changed[0, -1] + 1) % self._checkpoint.embedding_rows
            other = model(input_ids=changed, use_cache=False).logits
            if distance(own[:, :-1], other[:, :-1]) > tolerance(model.dtype):
                raise EvaluationError(
                    ErrorCode.CHECKPOINT_INVALID,
                    f"{self._checkpoint.path} is not a causal language model: its predictions change when a later token "
                    "changes, so it has no perplexity. Check is_decoder in config.json.",
                )
        self._head = choose_head(model, probe, own)
        self._verified = True
        memory.keep()


def _pieces(number: int, counted: MASK, cut: Iterator[Window]) -> list[Piece]:
    """The windows in which something counts, each ended at the last prediction that does."""
    result: list[Piece] = []
    place = 0
    for window in cut:
        chosen = np.flatnonzero(counted[window.first_scored : window.stop]) + window.first_scored
        if len(chosen) == 0:
            continue
        stop = int(chosen[-1]) + 1
        shorter = Window(start=window.start, stop=stop, scored=stop - window.first_scored)
        result.append(Piece(number=number, window=shorter, counted=chosen, place=place))
        place += len(chosen)
    return result


def _batches(work: list[Piece], budget: int) -> Iterator[list[Piece]]:
    """Cuts length-sorted windows into batches of at most `budget` padded tokens, but at least one window."""
    start = 0
    while start < len(work):
        size = max(1, budget // work[start].window.length)
        yield work[start : start + size]
        start += size
