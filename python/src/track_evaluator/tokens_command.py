"""`track-evaluator tokens`: the NLL of every token of a few documents, in JSON Lines, as `track tokens` reads them."""

import argparse
import json
import sys
from typing import Any

import numpy as np

from track_evaluator import contract, environment
from track_evaluator.checkpoint import Checkpoint, CheckpointLoader
from track_evaluator.documents import Tokenization
from track_evaluator.failures import EvaluationError
from track_evaluator.histogram import token_histogram
from track_evaluator.pieces import Vocabulary
from track_evaluator.protocol import Protocol, Windows
from track_evaluator.scoring import NLL, Scorer
from track_evaluator.sequences import Sequence
from track_evaluator.types import type_losses


def run(arguments: list[str]) -> int:
    """The exit status: 0 when all is told, 1 when not, with the reason in an `error` message."""
    parser = argparse.ArgumentParser(prog="track-evaluator tokens", description=__doc__)
    parser.add_argument("--checkpoint", required=True, help="folder of the model")
    parser.add_argument("--documents", required=True, help="JSON Lines as in the evaluator contract, all of one domain")
    parser.add_argument("--domain", required=True, help="its name")
    parser.add_argument("--count", required=True, type=int, help="how many lines the file has")
    parser.add_argument("--protocol", required=True, help="as JSON, as in the evaluator contract")
    parser.add_argument("--types", type=int, default=50, help="how many types to list")
    chosen = parser.parse_args(arguments)
    environment.prepare()
    try:
        protocol = Protocol.parse(json.loads(chosen.protocol))
        if protocol.windows is Windows.PACKED:
            raise ValueError("under packed windows a document has no numbers of its own: ask under another protocol")
        checkpoint = CheckpointLoader().load(chosen.checkpoint, "", protocol.dtype)
        _tell_all(checkpoint, protocol, contract.Domain(0, chosen.domain, chosen.count), chosen.documents, chosen.types)
    except EvaluationError as problem:
        return _failed(problem.message)
    except (ValueError, OSError) as problem:
        return _failed(f"{problem.strerror}: {problem.filename}" if isinstance(problem, OSError) else str(problem))
    return 0


def _tell_all(checkpoint: Checkpoint, protocol: Protocol, domain: contract.Domain, documents: str, types: int) -> None:
    context = checkpoint.context(protocol)
    [tokenized] = Tokenization(checkpoint, protocol, context).domains(documents, (domain,), lambda *_: None)
    if tokenized.failure is not None:
        raise ValueError(tokenized.failure)
    scorer, vocabulary = Scorer(checkpoint), Vocabulary(checkpoint.tokenizer)
    values = scorer.score(tokenized.sequences, protocol, context, lambda _finished, _tokens: None)
    ids = []
    for number, (sequence, nll) in enumerate(zip(tokenized.sequences, values, strict=True), start=1):
        if np.isnan(nll).any():
            raise ValueError(f"NLL is NaN in document {number} of domain {domain.name}")
        places = scorer.places(sequence, protocol, context)
        ids.append(sequence.ids[places])
        _tell({"type": "document", "number": number, "pieces": _pieces(sequence, places.tolist(), nll, vocabulary)})
    every = np.concatenate(values)
    if not len(every):
        raise ValueError(f"no token of domain {domain.name} counts under the protocol")
    listed = type_losses(np.concatenate(ids), every, types, vocabulary)
    _tell(
        {
            "type": "done",
            "context": context,
            "tokens": len(every),
            "nll": float(every.sum(dtype=np.float64)),
            "histogram": token_histogram(every),
            "types": listed,
        }
    )


def _pieces(sequence: Sequence, places: list[int], nll: NLL, vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """What reads as one, with its tokens and their NLL; null for a token that is not scored."""
    scores: list[float | None] = [None] * len(sequence.ids)
    for place, value in zip(places, nll.tolist(), strict=True):
        scores[place] = value
    ids = sequence.ids.tolist()
    return [{"text": text, "ids": ids[begin:end], "nll": scores[begin:end]} for begin, end, text in vocabulary.groups(ids)]


def _failed(message: str) -> int:
    _tell({"type": "error", "message": message})
    return 1


def _tell(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(contract.encode(message))
    sys.stdout.flush()
