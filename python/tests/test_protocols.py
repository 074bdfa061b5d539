"""Every protocol against transformers' own loss, document by document, one input at a time and without our code."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from tokenizers.processors import TemplateProcessing

import models
from track_evaluator import chat
from track_evaluator.checkpoint import Checkpoint, CheckpointLoader
from track_evaluator.contract import Domain
from track_evaluator.documents import Tokenization, TokenizedDomain
from track_evaluator.protocol import Prefix as Before
from track_evaluator.protocol import Protocol, Scoring, Windows
from track_evaluator.scoring import Scorer
from track_evaluator.serve import _by_document, _sequences

CONTEXT = 16
CHATML = (
    "{% for message in messages %}{{ '<s>' + message['role'] + '\n' + message['content'] + '</s>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<s>assistant\n' }}{% endif %}"
)
MARKED = (
    "{% for message in messages %}{{ '<s>' + message['role'] + '\n' }}{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + '</s>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ message['content'] + '</s>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<s>assistant\n' }}{% endif %}"
)
CONVERSATIONS = [
    [
        {"role": "system", "content": "hold the licence"},
        {"role": "user", "content": "is a copy damage?"},
        {"role": "assistant", "content": "It shall not be held größer."},
        {"role": "user", "content": "why?"},
        {"role": "assistant", "content": "Übermut\n漢字 return self"},
    ],
    [{"role": "user", "content": "def"}, {"role": "assistant", "content": "class"}],
]


def evaluated(checkpoint: Checkpoint, documents: list[Any], protocol: Protocol) -> tuple[TokenizedDomain, list[float]]:
    """What the evaluator makes of documents: their counts, and the summed NLL of each."""
    domain = TokenizedDomain(Domain(index=0, name="a/b", documents=len(documents)))
    Tokenization(checkpoint, protocol, protocol.context)._append(domain, documents)
    assert domain.failure is None
    scores = Scorer(checkpoint).score(_sequences(domain, protocol), protocol, protocol.context, lambda _finished, _tokens: None)
    values = _by_document(domain, protocol, scores)
    return domain, [float(nll.sum(dtype=np.float64)) for nll in values]


def own_loss(model: Any, ids: list[int], labels: list[int]) -> float:
    """Summed NLL of the labels that are not -100, from the mean that transformers computes."""
    scored = sum(label != -100 for label in labels[1:])
    if scored == 0:
        return 0.0
    with torch.no_grad():
        return float(model(input_ids=torch.tensor([ids]), labels=torch.tensor([labels])).loss) * scored


def load(folder: Path) -> tuple[Checkpoint, Any, Any]:
    checkpoint = CheckpointLoader().load(str(folder), "sha256:0", "float32")
    plain = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return checkpoint, plain, transformers.AutoTokenizer.from_pretrained(folder)


def encoded(tokenizer: Any, texts: Iterable[str], special: bool) -> list[list[int]]:
    return [tokenizer(text, add_special_tokens=special)["input_ids"] for text in texts]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama whose tokenizer, like Llama's own, puts BOS before every text."""
    path = models.save(tmp_path_factory.mktemp("llama"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    tokenizer.save_pretrained(path)
    return path


@pytest.mark.parametrize("stride", [1, 5, 15, 16])
def test_strided_windows_are_those_of_the_transformers_manual(folder: Path, stride: int) -> None:
    checkpoint, model, tokenizer = load(folder)
    texts = models.texts(12, 40)
    expected = []
    for ids in encoded(tokenizer, texts, special=True):
        total, before = 0.0, 0
        for begin in range(0, len(ids), stride):
            end = min(begin + CONTEXT, len(ids))
            labels = [-100] * (before - begin) + ids[max(before, begin) : end]
            total += own_loss(model, ids[begin:end], labels)
            before = end
            if end == len(ids):
                break
        expected.append(total)
    protocol = Protocol(CONTEXT, "float32", windows=Windows.STRIDED, stride=stride, prefix=Before.TOKENIZER)
    domain, nll = evaluated(checkpoint, texts, protocol)
    assert nll == pytest.approx(expected, rel=1e-6)
    assert domain.bytes == [len(text.encode()) for text in texts]


def test_truncated_windows_are_the_loss_of_the_truncated_text(folder: Path) -> None:
    checkpoint, model, tokenizer = load(folder)
    texts = models.texts(12, 40)
    cut = [tokenizer(text, truncation=True, max_length=CONTEXT)["input_ids"] for text in texts]
    protocol = Protocol(CONTEXT, "float32", windows=Windows.TRUNCATED, prefix=Before.TOKENIZER)
    domain, nll = evaluated(checkpoint, texts, protocol)
    assert nll == pytest.approx([own_loss(model, ids, ids) for ids in cut], rel=1e-6)
    assert domain.tokens == sum(len(ids) - 1 for ids in cut)
    read = [tokenizer.decode(ids[1:]) for ids in cut]
    whole = [size for size, text in zip(domain.bytes, read, strict=True) if "\ufffd" not in text]
    assert whole == [len(text.encode()) for text in read if "\ufffd" not in text]
    assert all(size <= len(text.encode()) for size, text in zip(domain.bytes, texts, strict=True))


def test_a_document_of_its_tokenizers_tokens_is_scored_after_its_first(folder: Path) -> None:
    """With BOS from the tokenizer the two prefixes say the same; the full sequence is transformers' own loss."""
    checkpoint, model, tokenizer = load(folder)
    texts = models.texts(6, 5)
    assert max(len(ids) for ids in encoded(tokenizer, texts, special=True)) > CONTEXT
    short = [text for text in texts if len(tokenizer(text)["input_ids"]) <= CONTEXT]
    expected = [own_loss(model, ids, ids) for ids in encoded(tokenizer, short, special=True)]
    for before in Before:
        assert evaluated(checkpoint, short, Protocol(CONTEXT, "float32", prefix=before))[1] == pytest.approx(expected, rel=1e-6)


def test_packed_documents_are_one_stream_in_which_no_prefix_counts(folder: Path) -> None:
    checkpoint, model, tokenizer = load(folder)
    texts = models.texts(9, 12)
    stream, owner = [], []
    for number, ids in enumerate(encoded(tokenizer, texts, special=False)):
        stream += [0, *ids]
        owner += [-1] + [number] * len(ids)
    expected = np.zeros(len(texts))
    predictions = len(stream) - 1
    for begin in range(0, predictions, CONTEXT):
        stop = min(begin + CONTEXT, predictions)
        start = max(0, stop - CONTEXT)
        with torch.no_grad():
            chances = torch.log_softmax(model(torch.tensor([stream[start:stop]])).logits[0], dim=-1)
        for place in range(begin, stop):
            if owner[place + 1] >= 0:
                expected[owner[place + 1]] -= float(chances[place - start, stream[place + 1]])
    domain, nll = evaluated(checkpoint, texts, Protocol(CONTEXT, "float32", windows=Windows.PACKED))
    assert nll == pytest.approx(expected.tolist(), rel=1e-6)
    assert domain.tokens == sum(each >= 0 for each in owner)


@pytest.mark.parametrize("template", [CHATML, MARKED], ids=["unmarked", "marked"])
def test_assistant_tokens_are_the_loss_with_all_other_labels_masked(tmp_path: Path, template: str) -> None:
    folder = models.save(tmp_path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    checkpoint, model, _ = load(folder)
    expected, counts = [], []
    for messages in CONVERSATIONS:
        ids, labels = by_parts(tokenizer, messages)
        expected.append(own_loss(model, ids, labels))
        counts.append(sum(label != -100 for label in labels))
    for windows in (Windows.DISJOINT, Windows.TRUNCATED):
        protocol = Protocol(256, "float32", scoring=Scoring.ASSISTANT_TOKENS, windows=windows, prefix=Before.TOKENIZER)
        domain, nll = evaluated(checkpoint, CONVERSATIONS, protocol)
        assert nll == pytest.approx(expected, rel=1e-6)
        assert domain.tokens == sum(counts)
        assert domain.bytes == [sum(len(m["content"].encode()) for m in c if m["role"] == "assistant") for c in CONVERSATIONS]


@pytest.mark.parametrize("template", [CHATML, MARKED], ids=["unmarked", "marked"])
def test_what_an_assistant_said_is_found_in_every_turn(tmp_path: Path, template: str) -> None:
    folder = models.save(tmp_path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = template
    rendered = chat.render(tokenizer, CONVERSATIONS[0])
    said = tokenizer.decode([token for token, mine in zip(rendered.ids, rendered.assistant, strict=True) if mine])
    # Without marks a turn ends where the template's does, with its line feed.
    feed = "\n" if template is CHATML else ""
    assert said == f"It shall not be held größer.</s>{feed}Übermut\n漢字 return self</s>{feed}"


def by_parts(tokenizer: Any, messages: list[dict[str, str]]) -> tuple[list[int], list[int]]:
    """Ids and labels of a conversation, assembled from the text of its parts."""
    ids, labels = [], []
    marked = "generation" in tokenizer.chat_template.replace("add_generation_prompt", "")
    for message in messages:
        parts = [(f"<s>{message['role']}\n", False), (f"{message['content']}</s>", True), ("\n", not marked)]
        for text, counts in parts:
            piece = tokenizer(text, add_special_tokens=False)["input_ids"]
            ids += piece
            labels += piece if counts and message["role"] == "assistant" else [-100] * len(piece)
    return ids, labels
