"""Scores against an independent computation, per document, for model families that treat their logits differently."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

import models
from track_evaluator import precision, scoring
from track_evaluator.checkpoint import Checkpoint, CheckpointLoader
from track_evaluator.failures import ErrorCode, EvaluationError
from track_evaluator.head import choose_head
from track_evaluator.noise import NoiseSample
from track_evaluator.protocol import Protocol, Windows
from track_evaluator.scoring import Scorer
from track_evaluator.sequences import Sequence
from verify_perplexity import document_nll


def load(folder: Path, dtype: str = "float32") -> Checkpoint:
    return CheckpointLoader().load(str(folder), "sha256:0", dtype)


def score(checkpoint: Checkpoint, texts: list[str], context: int) -> list[float]:
    documents = [Sequence.after_prefix(checkpoint.bos_or_eos, checkpoint.tokenizer(text)["input_ids"]) for text in texts]
    values = Scorer(checkpoint).score(documents, Protocol(context, "float32"), context, lambda _finished, _tokens: None)
    return [float(nll.sum(dtype=np.float64)) for nll in values]


def independent(folder: Path, texts: list[str], context: int) -> list[float]:
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        return [document_nll(model, tokenizer.bos_token_id, tokenizer(text)["input_ids"], context) for text in texts]


@pytest.mark.parametrize("family", sorted(models.CONFIGS))
def test_every_document_has_the_nll_of_the_plain_computation(family: str, tmp_path: Path) -> None:
    folder = models.save(tmp_path, family)
    texts = models.texts(25, 60)
    for context in (7, 16, 64):
        assert score(load(folder), texts, context) == pytest.approx(independent(folder, texts, context), rel=1e-6)


@pytest.mark.parametrize("family", sorted(models.CONFIGS))
def test_the_head_apart_gives_the_logits_of_every_family(family: str) -> None:
    model = models.build(family)
    probe = torch.arange(2, 34)[None]
    with torch.inference_mode():
        own = model(input_ids=probe).logits
        head = choose_head(model, probe, own)
        assert head is not None
        assert torch.allclose(head.logits(head.body(probe)), own, rtol=1e-5, atol=1e-5)


def test_a_final_step_that_no_configuration_names_falls_back_to_the_models_own_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = models.save(tmp_path, "gemma2")
    texts = models.texts(10, 40)
    expected = independent(folder, texts, 16)
    monkeypatch.setattr("track_evaluator.head._final_steps", lambda _config: [lambda logits: logits])
    model, probe = load(folder).model, torch.arange(2, 34)[None]
    with torch.inference_mode():
        assert choose_head(model, probe, model(probe).logits) is None
    assert score(load(folder), texts, 16) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("limit", [1, 300 * 4 * 5, 300 * 4 * 64])
@pytest.mark.parametrize("budget", [1, 100, 100_000])
def test_batches_and_chunks_change_nothing_but_rounding(
    llama: Path, limit: int, budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, texts = load(llama), models.texts(12, 30)
    expected = score(checkpoint, texts, 16)
    monkeypatch.setattr(scoring, "LOGIT_BYTES", {"cpu": limit, "cuda": limit})
    monkeypatch.setattr(scoring, "TOKENS_PER_BATCH", {"cpu": budget, "cuda": budget})
    assert score(checkpoint, texts, 16) == pytest.approx(expected, rel=1e-6)


def test_the_same_request_gives_the_same_bits(llama: Path) -> None:
    texts = models.texts(30, 40)
    assert score(load(llama), texts, 16) == score(load(llama), texts, 16)


def test_the_logits_of_a_batch_never_exist_at_once(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "LOGIT_BYTES", {"cpu": 10 * 300 * 4})
    checkpoint, seen = load(llama), []
    hook = checkpoint.model.lm_head.register_forward_hook(lambda _module, _inputs, output: seen.append(output.shape))
    score(checkpoint, models.texts(20, 40), 16)
    hook.remove()
    probes = [shape for shape in seen if len(shape) == 3]
    assert max(shape[0] for shape in seen if len(shape) == 2) == 10
    assert all(shape[:2] == (1, scoring.PROBE_TOKENS) for shape in probes)


def test_bfloat16_is_near_float32_and_not_equal(llama: Path) -> None:
    texts = models.texts(10, 40)
    plain, half = score(load(llama), texts, 16), score(load(llama, "bfloat16"), texts, 16)
    assert half == pytest.approx(plain, rel=0.05)
    assert half != plain


def test_infinite_nll_is_a_value(llama: Path) -> None:
    checkpoint = load(llama)
    letter = checkpoint.tokenizer("t")["input_ids"][0]
    head = checkpoint.model.get_output_embeddings()
    # A bias of minus infinity: the token can never come.
    head.bias = torch.nn.Parameter(torch.zeros(300))
    with torch.no_grad():
        head.bias[letter] = -torch.inf
    sequence = Sequence.after_prefix(checkpoint.bos_or_eos, [5, letter, 6])
    values = Scorer(checkpoint).score([sequence], Protocol(16, "float32"), 16, lambda _finished, _tokens: None)
    assert np.isinf(values[0]).tolist() == [False, True, False]


def test_a_model_that_looks_ahead_is_refused(tmp_path: Path) -> None:
    config = transformers.BertConfig(
        vocab_size=300, hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64, max_position_embeddings=64
    )
    transformers.BertLMHeadModel(config).save_pretrained(tmp_path)
    models.tokenizer().save_pretrained(tmp_path)
    with pytest.raises(EvaluationError, match="change when a later token") as refusal:
        score(load(tmp_path), ["the licence of a copy"], 16)
    assert refusal.value.code is ErrorCode.CHECKPOINT_INVALID


def test_context_0_is_the_models_own_maximum_and_a_longer_one_is_refused(llama: Path) -> None:
    checkpoint = load(llama)
    assert checkpoint.context(Protocol(0, "float32")) == 64
    assert checkpoint.context(Protocol(64, "float32")) == 64
    with pytest.raises(EvaluationError, match="longer than the 64") as refusal:
        checkpoint.context(Protocol(65, "float32"))
    assert refusal.value.code is ErrorCode.PROTOCOL_UNSUPPORTED
    strided = Protocol(0, "float32", windows=Windows.STRIDED, stride=65)
    with pytest.raises(EvaluationError, match="stride of 65") as refusal:
        checkpoint.context(strided)
    assert refusal.value.code is ErrorCode.PROTOCOL_UNSUPPORTED


def test_a_head_is_chosen_by_the_checkpoint_and_not_by_the_first_documents(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probes = []
    monkeypatch.setattr(scoring, "choose_head", lambda _model, probe, _own: probes.append(probe.tolist()))
    for seed in range(2):
        score(load(llama), models.texts(3, 9, seed=seed), 16)
    assert probes[0] == probes[1]
    assert len(set(probes[0][0])) == scoring.PROBE_TOKENS


def test_noise_finds_a_scorer_whose_batches_disturb_each_other(llama: Path) -> None:
    checkpoint, protocol = load(llama), Protocol(16, "float32")
    documents = [Sequence.after_prefix(0, checkpoint.tokenizer(text)["input_ids"]) for text in models.texts(20, 30)]
    for disturbance, expected in ((0.0, pytest.approx(0, abs=1e-6)), (0.01, pytest.approx(0.0099, rel=0.01))):
        scorer = Scorer(checkpoint)
        sample = NoiseSample(scorer, protocol, 16)
        sample.take(documents, [nll * (1 + disturbance) for nll in scorer.score(documents, protocol, 16, lambda *_: None)])
        assert sample.measure(lambda: None)["noise"] == expected
    infinite = NoiseSample(Scorer(checkpoint), protocol, 16)
    infinite.take(documents[:1], [np.full(documents[0].predictions, np.inf, dtype=np.float32)])
    assert infinite.measure(lambda: None)["noise"] == np.inf
    assert NoiseSample(Scorer(checkpoint), protocol, 16).measure(lambda: None) == {}


def test_noise_is_measured_with_every_window_alone(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint, protocol = load(llama), Protocol(16, "float32")
    documents = [Sequence.after_prefix(0, checkpoint.tokenizer(text)["input_ids"]) for text in models.texts(5, 30)]
    scorer = Scorer(checkpoint)
    sample = NoiseSample(scorer, protocol, 16)
    sample.take(documents, scorer.score(documents, protocol, 16, lambda *_: None))
    budgets: list[int] = []
    plain = scoring._batches
    monkeypatch.setattr(scoring, "_batches", lambda work, budget: budgets.append(budget) or plain(work, budget))
    sample.measure(lambda: None)
    assert set(budgets) == {1}


@pytest.mark.parametrize("rounded", [torch.bfloat16, torch.float16, None])
def test_fast_products_that_are_not_float32_are_not_taken(monkeypatch: pytest.MonkeyPatch, rounded: torch.dtype | None) -> None:
    plain = torch.nn.functional.linear

    def linear(inputs: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        if torch.get_float32_matmul_precision() == "highest":
            return plain(inputs, weight)
        if rounded is None:
            return (inputs.double() @ weight.double().T).float()
        return plain(inputs.to(rounded).float(), weight.to(rounded).float())

    monkeypatch.setattr(torch.nn.functional, "linear", linear)
    torch.set_float32_matmul_precision("highest")
    precision.settle(torch.randn(40, 96))
    assert torch.get_float32_matmul_precision() == ("medium" if rounded is None else "highest")
