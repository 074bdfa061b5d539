"""Reading the documents file of a request and turning it into token ids, byte and word counts."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from track_evaluator.checkpoint import Checkpoint
from track_evaluator.contract import Domain, ErrorCode, EvaluationError

TOKENS = npt.NDArray[np.int32]
BLOCK = 64
"""Documents that are tokenised in one call."""


@dataclass
class TokenizedDomain:
    """The documents of one domain in order. `failure` names the first document that cannot be measured."""

    domain: Domain
    tokens: list[TOKENS] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)
    words: list[int] = field(default_factory=list)
    failure: str | None = None


def tokenize(
    path: str, domains: tuple[Domain, ...], checkpoint: Checkpoint, advanced: Callable[[int, int, int], None]
) -> list[TokenizedDomain]:
    """Reads and tokenises all domains. `advanced` hears (domain index, its documents so far, new tokens)."""
    result = []
    lines = _lines(path)
    for domain in domains:
        tokenized = TokenizedDomain(domain)
        for start in range(0, domain.documents, BLOCK):
            texts = [_text(next(lines, None), domain, path) for _ in range(min(BLOCK, domain.documents - start))]
            before = len(tokenized.tokens)
            _append(tokenized, texts, checkpoint)
            advanced(domain.index, len(tokenized.tokens), sum(len(ids) for ids in tokenized.tokens[before:]))
        if domain.documents == 0:
            tokenized.failure = f"domain {domain.name} has no documents"
        result.append(tokenized)
    if next(lines, None) is not None:
        raise _mismatch(path, "it holds more documents than the domains of the request")
    return result


def _append(tokenized: TokenizedDomain, texts: list[str], checkpoint: Checkpoint) -> None:
    encoded = checkpoint.tokenizer(
        [text if _is_unicode(text) else "" for text in texts],
        add_special_tokens=False,
        return_attention_mask=False,
        truncation=False,
        verbose=False,
    )["input_ids"]
    for text, ids in zip(texts, encoded, strict=True):
        number = len(tokenized.tokens) + 1
        where = f"document {number} of domain {tokenized.domain.name}"
        if not _is_unicode(text):
            tokenized.failure = tokenized.failure or f"{where} is not valid Unicode (it holds half of a surrogate pair)"
        elif not ids:
            tokenized.failure = tokenized.failure or f"{where} has no tokens"
        elif max(ids) >= checkpoint.embedding_rows:
            raise EvaluationError(
                ErrorCode.CHECKPOINT_INVALID,
                f"{where} contains the token id {max(ids)}, and the model in {checkpoint.path} has embeddings for "
                f"{checkpoint.embedding_rows} tokens: tokenizer and model do not belong together.",
            )
        tokenized.tokens.append(np.asarray(ids, dtype=np.int32))
        tokenized.bytes.append(len(text.encode(errors="surrogatepass")))
        tokenized.words.append(len(re.split(r"\s+", text)))


def _lines(path: str) -> Iterator[bytes]:
    try:
        with Path(path).open("rb") as file:
            yield from file
    except OSError as problem:
        raise _mismatch(path, f"it cannot be read: {problem.strerror}") from problem


def _text(line: bytes | None, domain: Domain, path: str) -> str:
    if line is None:
        raise _mismatch(path, f"it ends before the {domain.documents} documents of domain {domain.name}")
    try:
        value = json.loads(line)
        index, text = value["domain"], value["text"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _mismatch(path, "a line of it is not an object with domain and text") from None
    if index != domain.index or not isinstance(text, str):
        raise _mismatch(path, f"where domain {domain.name} ({domain.index}) should stand is a line of domain {index!r}")
    return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _mismatch(path: str, what: str) -> EvaluationError:
    return EvaluationError(ErrorCode.INTERNAL, f"the documents file {path} is not what the request says: {what}. Evaluate again.")
