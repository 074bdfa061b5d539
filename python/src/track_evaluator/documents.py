"""Reading the documents file of a request and turning it into token sequences, byte and word counts."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from track_evaluator import chat
from track_evaluator.checkpoint import Checkpoint
from track_evaluator.contract import Domain
from track_evaluator.failures import ErrorCode, EvaluationError
from track_evaluator.protocol import Prefix, Protocol, Scoring, Windows
from track_evaluator.sequences import Sequence

BLOCK = 64
"""Documents that are tokenised in one call."""


@dataclass
class TokenizedDomain:
    """The documents of one domain in order. `failure` names the first document that cannot be measured."""

    domain: Domain
    sequences: list[Sequence] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)
    words: list[int] = field(default_factory=list)
    failure: str | None = None

    @property
    def tokens(self) -> int:
        """Tokens that can count; a strided protocol may leave some of them out."""
        return sum(int(sequence.counted.sum()) for sequence in self.sequences)


class Tokenization:
    """Turns documents into what one checkpoint reads under one protocol."""

    def __init__(self, checkpoint: Checkpoint, protocol: Protocol, context: int) -> None:
        self._checkpoint = checkpoint
        self._protocol = protocol
        self._context = context
        self._prefix = checkpoint.prefix_token(protocol)
        if protocol.windows is Windows.TRUNCATED and not checkpoint.tokenizer.is_fast:
            raise EvaluationError(
                ErrorCode.PROTOCOL_UNSUPPORTED,
                "truncated windows need a tokenizer that tells which bytes its tokens cover, and this checkpoint's does not. "
                "Save it with a tokenizer.json, or use disjoint windows.",
            )

    def domains(self, path: str, domains: tuple[Domain, ...], advanced: Callable[[int, int, int], None]) -> list[TokenizedDomain]:
        """Reads and tokenises all domains. `advanced` hears (domain index, its documents so far, new tokens)."""
        result = []
        lines = _lines(path)
        for domain in domains:
            tokenized = TokenizedDomain(domain)
            for start in range(0, domain.documents, BLOCK):
                documents = [_document(next(lines, None), domain, path) for _ in range(min(BLOCK, domain.documents - start))]
                before = len(tokenized.sequences)
                self._append(tokenized, documents)
                advanced(domain.index, len(tokenized.sequences), sum(each.predictions for each in tokenized.sequences[before:]))
            if domain.documents == 0:
                tokenized.failure = f"domain {domain.name} has no documents"
            result.append(tokenized)
        if next(lines, None) is not None:
            raise _mismatch(path, "it holds more documents than the domains of the request")
        return result

    def _append(self, tokenized: TokenizedDomain, documents: list[str | list[dict[str, str]]]) -> None:
        texts = [document if isinstance(document, str) and _is_unicode(document) else "" for document in documents]
        encoded = self._encode(texts)
        for position, document in enumerate(documents):
            where = f"document {len(tokenized.sequences) + 1} of domain {tokenized.domain.name}"
            sequence, covered, reason = Sequence.of([]), [""], None
            if not _is_unicode(json.dumps(document, ensure_ascii=False)):
                reason = "is not valid Unicode (it holds half of a surrogate pair)"
            elif not isinstance(document, str):
                sequence, covered, reason = self._chat(document)
            elif self._protocol.scoring is Scoring.ASSISTANT_TOKENS:
                reason = "is plain text, and the protocol scores what assistants wrote in chat documents"
            elif not encoded["input_ids"][position]:
                reason = "has no tokens"
            else:
                sequence, covered = self._plain(document, encoded, position)
            if reason is None and not sequence.counted.any():
                reason = "has no token that counts under the protocol"
            if reason is not None:
                tokenized.failure = tokenized.failure or f"{where} {reason}"
            self._check_ids(sequence, where)
            tokenized.sequences.append(sequence)
            tokenized.bytes.append(sum(len(text.encode()) for text in covered))
            tokenized.words.append(sum(len(re.split(r"\s+", text)) for text in covered))

    def _encode(self, texts: list[str]) -> Any:
        return self._checkpoint.tokenizer(
            texts,
            add_special_tokens=self._protocol.prefix is Prefix.TOKENIZER,
            return_attention_mask=False,
            return_offsets_mapping=self._protocol.windows is Windows.TRUNCATED,
            truncation=False,
            verbose=False,
        )

    def _plain(self, text: str, encoded: Any, position: int) -> tuple[Sequence, list[str]]:
        """The sequence of a plain text, and the part of the text that it covers."""
        ids = encoded["input_ids"][position]
        if self._prefix is None:
            sequence, before = Sequence.of(ids), 0
        else:
            sequence, before = Sequence.after_prefix(self._prefix, ids), 1
        if self._protocol.windows is not Windows.TRUNCATED:
            return sequence, [text]
        kept = encoded["offset_mapping"][position][: self._context - before]
        return sequence.cut(self._context), [text[: max((end for _, end in kept), default=0)]]

    def _chat(self, messages: list[dict[str, str]]) -> tuple[Sequence, list[str], str | None]:
        """The sequence of a conversation, the texts that it is counted by, and why it cannot be scored."""
        assistant_only = self._protocol.scoring is Scoring.ASSISTANT_TOKENS
        if not assistant_only and not self._checkpoint.tokenizer.chat_template:
            # A base model seldom has one, and the set's plain texts can be scored all the same.
            return Sequence.of([]), [""], "is a conversation, and the checkpoint's tokenizer has no chat template to render it with"
        try:
            rendered = chat.render(self._checkpoint.tokenizer, messages)
        except chat.UnscorableChatError as failure:
            return Sequence.of([]), [""], str(failure)
        counts = rendered.assistant if assistant_only else [True] * len(rendered.ids)
        ids = rendered.ids
        if self._prefix is not None and ids[:1] != [self._prefix]:
            ids, counts = [self._prefix, *ids], [False, *counts]
        sequence = Sequence.of(ids, counts)
        if self._protocol.windows is Windows.TRUNCATED and len(ids) > self._context:
            return sequence, [""], f"has {len(ids)} tokens, and a chat document cannot be truncated to {self._context}"
        return sequence, chat.contents(messages, assistant_only), None

    def _check_ids(self, sequence: Sequence, where: str) -> None:
        highest = int(sequence.ids.max(initial=0))
        if highest >= self._checkpoint.embedding_rows:
            raise EvaluationError(
                ErrorCode.CHECKPOINT_INVALID,
                f"{where} contains the token id {highest}, and the model in {self._checkpoint.path} has embeddings for "
                f"{self._checkpoint.embedding_rows} tokens: tokenizer and model do not belong together.",
            )


def require_chats(path: str) -> None:
    """Before weights are loaded: a protocol that scores what assistants wrote is of no use where nobody is one."""
    for line in _lines(path):
        if b'"messages"' in line and isinstance(_value(line, path).get("messages"), list):
            return
    raise EvaluationError(
        ErrorCode.PROTOCOL_UNSUPPORTED,
        "the domain set has no chat documents, and the protocol's scoring is assistant-tokens. "
        "Use a set of chat documents (with messages), or a protocol that scores all-tokens.",
    )


def _lines(path: str) -> Iterator[bytes]:
    try:
        with Path(path).open("rb") as file:
            yield from file
    except OSError as problem:
        raise _mismatch(path, f"it cannot be read: {problem.strerror}") from problem


def _document(line: bytes | None, domain: Domain, path: str) -> str | list[dict[str, str]]:
    """A text, or the messages of a chat document."""
    if line is None:
        raise _mismatch(path, f"it ends before the {domain.documents} documents of domain {domain.name}")
    value = _value(line, path)
    index, text, messages = value.get("domain"), value.get("text"), chat.parse_messages(value.get("messages"))
    if index != domain.index or isinstance(text, str) == (messages is not None):
        raise _mismatch(path, f"where a document of domain {domain.name} ({domain.index}) should stand is one of {index!r}")
    return text if isinstance(text, str) else messages or []


def _value(line: bytes, path: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _mismatch(path, "a line of it is not an object with domain and text or messages")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _mismatch(path: str, what: str) -> EvaluationError:
    return EvaluationError(ErrorCode.INTERNAL, f"the documents file {path} is not what the request says: {what}. Evaluate again.")
