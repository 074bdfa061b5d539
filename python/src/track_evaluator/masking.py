"""Selective token masking: which tokens of a training file a base model finds hard, so that training can leave them out.

The method of "Clear Minds Think Alike" (arXiv 2501.14315): the labels of all tokens whose perplexity under the model before
fine-tuning is at or above tau (2.5 there) become -100; fine-tuning on the rest forgets less. A token's perplexity is
exp(-ln P(token | tokens before it)) = exp(NLL); its first token has no prediction, so it is never masked.

Streams: memory holds a block of examples, whatever the file's size.
"""

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from track_evaluator import chat
from track_evaluator.checkpoint import Checkpoint, CheckpointLoader
from track_evaluator.histogram import EDGES, token_histogram
from track_evaluator.protocol import Prefix, Protocol, Windows
from track_evaluator.scoring import Scorer
from track_evaluator.sequences import Sequence

FORMAT = 1
BLOCK = 256
"""Examples that are scored together."""


@dataclass
class Summary:
    """What became of a file. Tokens are those that have a prediction."""

    examples: int = 0
    tokens: int = 0
    masked: int = 0
    assistant_tokens: int = 0
    assistant_masked: int = 0
    skipped: int = 0
    histogram: list[int] = field(default_factory=lambda: [0] * (len(EDGES) + 1))
    """Of the tokens' NLL, in the bins of the evaluator contract."""


@dataclass(frozen=True)
class Example:
    """One training example as the Trainer will see it."""

    line: int
    ids: list[int]
    assistant: list[bool]


def write_masks(
    checkpoint_folder: str,
    data: Path,
    out: Path,
    tau: float,
    max_length: int,
    dtype: str,
    told: Callable[[Summary], None],
    skipped: Callable[[int, str], None],
) -> Summary:
    """Writes the masks of the examples of `data`, a file of JSON Lines, to `out`, which appears when it is whole.

    The rest is as `masks` has it.
    """
    part = out.with_name(out.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            summary = masks(
                checkpoint_folder, data, tau, max_length, dtype, lambda record: file.write(record + "\n"), told, skipped
            )
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return summary


def masks(
    checkpoint_folder: str,
    data: Path,
    tau: float,
    max_length: int,
    dtype: str,
    write: Callable[[str], Any],
    told: Callable[[Summary], None],
    skipped: Callable[[int, str], None],
) -> Summary:
    """Hands the lines of a mask file to `write`: a head, then one for every example of `data`.

    An example is an object with `text`, with `messages`, with `prompt` and `completion`, or with `input_ids`, tokens that are
    taken as they are: packed blocks for example. A line that is none is skipped,
    and `skipped` hears its number and why. Examples are cut to `max_length` tokens (0: the model's own maximum), as the
    training must cut them too. `told` hears the counts after every block.
    """
    if not tau > 1:
        raise ValueError(f"tau is a perplexity above 1, not {tau}")
    checkpoint = CheckpointLoader().load(checkpoint_folder, "", dtype)
    protocol = Protocol(max_length, dtype, windows=Windows.TRUNCATED, prefix=Prefix.TOKENIZER)
    context = checkpoint.context(protocol)
    scorer, summary = Scorer(checkpoint), Summary()
    with data.open("rb") as lines:
        write(_line({"track_masks": FORMAT, "tau": tau, "max_length": context, "dtype": dtype, "checkpoint": checkpoint_folder}))
        for block in _blocks(lines, checkpoint, context, summary, skipped):
            sequences = [Sequence.of(example.ids) for example in block]
            values = scorer.score(sequences, protocol, context, lambda _finished, _tokens: None)
            for example, nll in zip(block, values, strict=True):
                if np.isnan(nll).any():
                    raise ValueError(f"NLL is NaN in line {example.line}: the checkpoint is broken")
                hard = np.concatenate([[False], nll >= math.log(tau)]) if len(nll) else np.zeros(len(example.ids), dtype=np.bool_)
                _count(summary, example, hard, nll)
                write(_line({"line": example.line, "ids": digest(example.ids), "tokens": len(example.ids), "masked": runs(hard)}))
            told(summary)
    return summary


def digest(ids: Any) -> str:
    """What a mask is found by: SHA-256 of the token ids as little-endian 32-bit integers, its first 32 digits."""
    return hashlib.sha256(np.asarray(ids, dtype="<i4").tobytes()).hexdigest()[:32]


def runs(mask: npt.NDArray[np.bool_]) -> list[list[int]]:
    """The stretches of true values as [begin, end) pairs."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return edges.reshape(-1, 2).tolist()


def _count(summary: Summary, example: Example, hard: npt.NDArray[np.bool_], nll: npt.NDArray[np.float32]) -> None:
    summary.histogram = [a + b for a, b in zip(summary.histogram, token_histogram(nll), strict=True)]
    mine = np.asarray(example.assistant[1:], dtype=np.bool_)
    summary.examples += 1
    summary.tokens += max(0, len(example.ids) - 1)
    summary.masked += int(hard.sum())
    summary.assistant_tokens += int(mine.sum())
    summary.assistant_masked += int(hard[1:][mine].sum())


def _blocks(
    lines: IO[bytes], checkpoint: Checkpoint, context: int, summary: Summary, skipped: Callable[[int, str], None]
) -> Iterator[list[Example]]:
    block: list[Example] = []
    for number, line in enumerate(lines, start=1):
        try:
            ids, assistant = _read(line, checkpoint.tokenizer)
            highest = max(ids, default=0)
            if not ids:
                raise chat.UnscorableChatError("has no tokens")
            if highest >= checkpoint.embedding_rows:
                raise chat.UnscorableChatError(f"has the token id {highest}, for which the model has no embedding")
        except chat.UnscorableChatError as problem:
            summary.skipped += 1
            skipped(number, str(problem))
            continue
        block.append(Example(number, ids[:context], assistant[:context]))
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block


def _read(line: bytes, tokenizer: Any) -> tuple[list[int], list[bool]]:
    """Token ids of an example, and which of them an assistant wrote (of a plain text: all)."""
    try:
        value = json.loads(line)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise chat.UnscorableChatError("is not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise chat.UnscorableChatError("is not a JSON object")
    if isinstance(text := value.get("text"), str):
        ids = _encode(tokenizer, text)
        return ids, [True] * len(ids)
    if (messages := chat.parse_messages(value.get("messages"))) is not None:
        rendered = chat.render(tokenizer, messages)
        return rendered.ids, rendered.assistant
    prompt, completion = value.get("prompt"), value.get("completion")
    if isinstance(prompt, str) and isinstance(completion, str):
        before, ids = _encode(tokenizer, prompt), _encode(tokenizer, prompt + completion)
        return ids, [False] * min(len(before), len(ids)) + [True] * max(0, len(ids) - len(before))
    if isinstance(tokens := value.get("input_ids"), list):
        # Ids are hashed as 32-bit integers, and one without an embedding is told by the caller.
        if not all(type(token) is int and 0 <= token < 1 << 31 for token in tokens):
            raise chat.UnscorableChatError("has input_ids that are no token ids")
        return tokens, [True] * len(tokens)
    if "messages" in value:
        raise chat.UnscorableChatError("has messages that are not a list of role and content, each a text")
    raise chat.UnscorableChatError("has neither text nor messages nor prompt and completion nor input_ids")


def _encode(tokenizer: Any, text: str) -> list[int]:
    return tokenizer(text, truncation=False, verbose=False)["input_ids"]


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_message(summary: Summary) -> dict[str, Any]:
    """The summary with the shares that the method speaks of."""
    shares = {
        "density": summary.masked / summary.tokens if summary.tokens else 0.0,
        "assistant_density": summary.assistant_masked / summary.assistant_tokens if summary.assistant_tokens else 0.0,
    }
    return {**asdict(summary), **shares}
