"""The loop: one request after the other, one `domain` message per domain, every failure as one `error` message."""

import queue
import resource
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import torch

from track_evaluator import __version__, contract, environment
from track_evaluator.channel import Channel, Progress
from track_evaluator.checkpoint import CheckpointLoader, out_of_memory
from track_evaluator.contract import Evaluate
from track_evaluator.documents import Tokenization, TokenizedDomain, require_chats
from track_evaluator.failures import ErrorCode, EvaluationError
from track_evaluator.histogram import token_histogram
from track_evaluator.noise import NoiseSample
from track_evaluator.pieces import Vocabulary
from track_evaluator.protocol import Protocol, Scoring, Windows
from track_evaluator.scoring import NLL, Scorer
from track_evaluator.sequences import Sequence, pack
from track_evaluator.types import type_losses


def serve(channel: Channel, requests: "queue.SimpleQueue[bytes]") -> NoReturn:
    """Answers requests for ever; the thread that reads standard input ends the process."""
    environment.prepare()
    channel.send(contract.hello(__version__, environment.describe()))
    loader = CheckpointLoader()
    while True:
        line = requests.get()
        try:
            evaluate(contract.parse_request(line), loader, channel)
        except Exception as problem:
            channel.send(contract.error(contract.request_id(line), _failure(problem)))


def evaluate(request: Evaluate, loader: CheckpointLoader, channel: Channel) -> None:
    """Loads, tokenises, scores and answers. Raises what makes the whole evaluation impossible."""
    began = time.monotonic()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    if request.protocol.scoring is Scoring.ASSISTANT_TOKENS:
        require_chats(request.documents)
    checkpoint = loader.load(request.checkpoint, request.digest, request.protocol.dtype)
    context = checkpoint.context(request.protocol)
    channel.send(
        {
            "type": "loaded",
            "id": request.id,
            "parameters": checkpoint.parameters,
            "vocabulary": checkpoint.vocabulary,
            "context": context,
            "prefix_token": checkpoint.prefix_token(request.protocol),
            "seconds": time.monotonic() - began,
        }
    )
    progress = Progress(channel, request.id)

    def tokenized(domain: int, documents: int, tokens: int) -> None:
        progress.tokens_total += tokens
        progress.tell(domain, documents)

    domains = Tokenization(checkpoint, request.protocol, context).domains(request.documents, request.domains, tokenized)
    progress.tokens_total = sum(each.tokens for each in domains if each.failure is None)
    scorer = Scorer(checkpoint)
    sample = NoiseSample(scorer, request.protocol, context)
    lister = Lister(request.types, Vocabulary(checkpoint.tokenizer)) if request.types else None
    for each in domains:
        channel.send(
            {
                "type": "domain",
                "id": request.id,
                "index": each.domain.index,
                **_measure(each, scorer, sample, request.protocol, context, progress, lister),
            }
        )
    seconds = time.monotonic() - began
    noise = sample.measure(lambda: progress.tell(domains[-1].domain.index, len(domains[-1].sequences)))
    channel.send(
        {
            "type": "done",
            "id": request.id,
            "tokens": progress.tokens_done,
            "seconds": seconds,
            "tokens_per_second": progress.tokens_done / seconds,
            "peak_memory_bytes": _peak_memory(),
            **noise,
        }
    )


@dataclass(frozen=True)
class Lister:
    """How many types of each domain are listed, and what they read as."""

    most: int
    vocabulary: Vocabulary


def _measure(
    each: TokenizedDomain,
    scorer: Scorer,
    sample: NoiseSample,
    protocol: Protocol,
    context: int,
    progress: Progress,
    lister: Lister | None,
) -> dict[str, Any]:
    """The fields of a domain's message."""
    began = time.monotonic()

    def scored(documents: int, tokens: int) -> None:
        progress.tokens_done += tokens
        progress.tell(each.domain.index, documents)

    reason = each.failure
    values: list[NLL] = []
    if reason is None:
        sequences = _sequences(each, protocol)
        scores = scorer.score(sequences, protocol, context, scored)
        values = _by_document(each, protocol, scores)
        reason = _unusable(each, values)
    if reason is not None:
        return {"status": "failed", "reason": reason, "seconds": time.monotonic() - began}
    sample.take(sequences, scores)
    every = np.concatenate(values)
    types = {}
    if lister is not None:
        types["types"] = type_losses(_tokens(sequences, scorer, protocol, context), every, lister.most, lister.vocabulary)
    return {
        "status": "ok",
        "documents": {
            "nll": [float(nll.sum(dtype=np.float64)) for nll in values],
            "tokens": [len(nll) for nll in values],
            "bytes": each.bytes,
            "words": each.words,
        },
        "histogram": token_histogram(every),
        **types,
        "seconds": time.monotonic() - began,
    }


def _sequences(each: TokenizedDomain, protocol: Protocol) -> list[Sequence]:
    """What is scored: the documents, or all of them as one stream."""
    return [pack(each.sequences)] if protocol.windows is Windows.PACKED else each.sequences


def _by_document(each: TokenizedDomain, protocol: Protocol, scores: list[NLL]) -> list[NLL]:
    """The NLL of the tokens that count, document after document."""
    if protocol.windows is not Windows.PACKED:
        return scores
    [stream] = scores
    return np.split(stream, np.cumsum([int(sequence.counted.sum()) for sequence in each.sequences])[:-1])


def _tokens(sequences: list[Sequence], scorer: Scorer, protocol: Protocol, context: int) -> npt.NDArray[np.int32]:
    """The ids of the tokens that count, in the order of their scores."""
    return np.concatenate([sequence.ids[scorer.places(sequence, protocol, context)] for sequence in sequences])


def _unusable(each: TokenizedDomain, values: list[NLL]) -> str | None:
    for number, nll in enumerate(values, start=1):
        if len(nll) == 0:
            return f"document {number} of domain {each.domain.name} has no token that counts under the protocol"
        if np.isnan(nll).any():
            return f"NLL is NaN in document {number} of domain {each.domain.name}"
    return None


def _peak_memory() -> int:
    """Bytes: of the device during this evaluation, or of this process during its life where there is no device."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _failure(problem: Exception) -> EvaluationError:
    if isinstance(problem, EvaluationError):
        return problem
    traceback.print_exception(problem, file=sys.stderr)
    if out_of_memory(problem):
        return EvaluationError(
            ErrorCode.OUT_OF_MEMORY,
            "memory ran out while the checkpoint was loaded or scored. Free memory, use a machine with more, "
            "or a protocol with a shorter context or a smaller dtype.",
        )
    first = str(problem).strip().splitlines()
    return EvaluationError(
        ErrorCode.INTERNAL,
        f"the evaluation stopped unexpectedly: {type(problem).__name__}: {first[0] if first else 'no message'}. "
        "The text of the evaluator's standard error holds the details.",
    )
