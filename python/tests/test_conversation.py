"""The contract through a real process."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import transformers

import models
from conversation import Evaluator, request
from track_evaluator.histogram import EDGES
from verify_perplexity import domain_totals


def test_all_domains_are_answered_with_values_equal_to_an_independent_computation(
    evaluator: Evaluator, llama: Path, tmp_path: Path
) -> None:
    domains = {"a/long": models.texts(20, 60), "b/short": models.texts(30, 3, seed=1), "c/one": ["größer \u2028 naïve"]}
    messages = evaluator.evaluate(request(llama, tmp_path / "documents.jsonl", domains))
    loaded, done = messages[0], messages[-1]
    assert (loaded["type"], loaded["context"], loaded["prefix_token"], loaded["vocabulary"]) == ("loaded", 16, 0, 300)
    answers = {message["index"]: message for message in messages if message["type"] == "domain"}
    assert sorted(answers) == [0, 1, 2]

    held_out = tmp_path / "held-out.jsonl"
    rows = [{"text": text, "source": name[0], "subdomain": name[2:]} for name, texts in domains.items() for text in texts]
    held_out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    expected = domain_totals(llama, [held_out], 16)
    for index, (name, texts) in enumerate(domains.items()):
        answer = answers[index]
        assert answer["status"] == "ok"
        values = answer["documents"]
        assert values["nll"] == pytest.approx([document["nll"] for document in expected[name]["documents"]], rel=1e-6)
        assert values["tokens"] == [document["tokens"] for document in expected[name]["documents"]]
        assert values["bytes"] == [len(text.encode()) for text in texts]
        assert values["words"] == [len(text.split()) for text in texts]
        assert len(answer["histogram"]) == len(EDGES) + 1
        assert sum(answer["histogram"]) == sum(values["tokens"])
    assert done["tokens"] == sum(domain["tokens"] for domain in expected.values())
    assert done["peak_memory_bytes"] > 1_000_000
    assert all(message["id"] == "run-1" for message in messages)


def test_a_second_request_is_answered_by_the_same_process_with_the_same_bits(
    evaluator: Evaluator, llama: Path, tmp_path: Path
) -> None:
    asked = request(llama, tmp_path / "documents.jsonl", {"a/b": models.texts(10, 30)})
    first, second = (
        [message["documents"] for message in evaluator.evaluate({**asked, "id": identifier}) if message["type"] == "domain"]
        for identifier in ("one", "two")
    )
    assert first == second


def test_other_weights_under_the_same_path_are_loaded_anew(evaluator: Evaluator, tmp_path: Path) -> None:
    asked = request(models.save(tmp_path / "model", seed=1), tmp_path / "documents.jsonl", {"a/b": ["the licence"]})
    first = evaluator.evaluate(asked)[-2]
    models.save(tmp_path / "model", seed=2)
    asked["checkpoint"]["digest"] = "sha256:" + "1" * 64
    assert evaluator.evaluate(asked)[-2]["documents"]["nll"] != first["documents"]["nll"]


def test_nan_fails_the_domain_by_name_and_the_others_go_on(evaluator: Evaluator, tmp_path: Path) -> None:
    folder = models.save(tmp_path / "model")
    encode = models.tokenizer().encode
    clean = {token for text in ("the licence", "a copy", "the copy") for token in encode(text)}
    token = next(token for token in encode("für Übermut größer") if token not in clean)
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    weights["model.embed_tokens.weight"][token] = math.nan
    safetensors.torch.save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    domains = {"clean/english": ["the licence", "a copy"], "broken/german": ["the copy", "für Übermut größer"]}
    messages = evaluator.evaluate(request(folder, tmp_path / "documents.jsonl", domains))
    good, bad = (message for message in messages if message["type"] == "domain")
    assert good["status"] == "ok"
    assert (bad["status"], bad["reason"]) == ("failed", "NLL is NaN in document 2 of domain broken/german")
    assert messages[-1]["type"] == "done"


def test_a_model_of_nan_alone_fails_every_domain(evaluator: Evaluator, tmp_path: Path) -> None:
    folder = models.save(tmp_path / "model")
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    safetensors.torch.save_file(
        {name: torch.full_like(value, math.nan) for name, value in weights.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    messages = evaluator.evaluate(request(folder, tmp_path / "documents.jsonl", {"a/b": ["one"], "c/d": ["two"]}))
    assert [message["status"] for message in messages if message["type"] == "domain"] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["the", ""], "document 2 of domain a/b has no tokens"),
        (["half \ud800 pair"], "document 1 of domain a/b is not valid Unicode"),
        ([], "domain a/b has no documents"),
    ],
)
def test_a_document_without_text_fails_its_domain_by_name(
    evaluator: Evaluator, llama: Path, tmp_path: Path, texts: list[str], reason: str
) -> None:
    messages = evaluator.evaluate(request(llama, tmp_path / "documents.jsonl", {"a/b": texts, "c/d": ["fine"]}))
    first, second = (message for message in messages if message["type"] == "domain")
    assert first["status"] == "failed"
    assert first["reason"].startswith(reason)
    assert second["status"] == "ok"


def test_a_document_without_words_is_measured(evaluator: Evaluator, llama: Path, tmp_path: Path) -> None:
    answer = evaluator.evaluate(request(llama, tmp_path / "documents.jsonl", {"a/b": ["\n \n"]}))[-2]
    assert answer["documents"]["words"] == [2]


def test_a_broken_line_is_answered_and_the_next_request_is_served(evaluator: Evaluator, llama: Path, tmp_path: Path) -> None:
    evaluator.send(b"this is not JSON")
    message = evaluator.hear()
    assert message is not None
    assert (message["type"], message["id"], message["code"]) == ("error", "", "internal")
    assert evaluator.evaluate(request(llama, tmp_path / "documents.jsonl", {"a/b": ["x"]}))[-1]["type"] == "done"


def test_an_unknown_protocol_is_refused(evaluator: Evaluator, llama: Path, tmp_path: Path) -> None:
    asked = request(llama, tmp_path / "documents.jsonl", {"a/b": ["x"]}, windows="sliding")
    (message,) = evaluator.evaluate(asked)
    assert (message["code"], message["retry"]) == ("protocol_unsupported", False)
    assert "sliding" in message["message"]


def test_chat_documents_need_a_template_and_a_chat_protocol_needs_chat_documents(
    evaluator: Evaluator, llama: Path, tmp_path: Path
) -> None:
    asked = request(llama, tmp_path / "documents.jsonl", {"a/b": ["x"]}, scoring="assistant-tokens")
    (refused,) = evaluator.evaluate(asked)
    assert refused["code"] == "protocol_unsupported", "before the weights are loaded"
    assert "no chat documents" in refused["message"]
    chat = {"domain": 0, "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}
    (tmp_path / "documents.jsonl").write_text(json.dumps(chat) + "\n")
    message = evaluator.evaluate(asked)[-1]
    assert message["code"] == "checkpoint_invalid"
    assert "chat template" in message["message"]


def test_without_a_template_a_domain_of_chats_fails_by_name_and_the_others_are_measured(
    evaluator: Evaluator, llama: Path, tmp_path: Path
) -> None:
    asked = request(llama, tmp_path / "documents.jsonl", {"a/chats": ["x"], "a/texts": ["a copy"]})
    chat = {"domain": 0, "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}
    (tmp_path / "documents.jsonl").write_text(json.dumps(chat) + "\n" + json.dumps({"domain": 1, "text": "a copy"}) + "\n")
    messages = evaluator.evaluate(asked)
    found = {message["index"]: message for message in messages if message["type"] == "domain"}
    assert found[0]["status"] == "failed"
    assert "a/chats" in found[0]["reason"]
    assert "chat template" in found[0]["reason"]
    assert found[1]["status"] == "ok"
    assert messages[-1]["type"] == "done"


def test_a_document_of_plain_text_among_chats_fails_its_domain_by_name(evaluator: Evaluator, tmp_path: Path) -> None:
    folder = models.save(tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] + '</s>' }}{% endfor %}"
    tokenizer.save_pretrained(folder)
    asked = request(folder, tmp_path / "documents.jsonl", {"a/b": ["x"], "c/d": ["x"]}, scoring="assistant-tokens")
    chat = {"domain": 1, "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}
    (tmp_path / "documents.jsonl").write_text('{"domain":0,"text":"x"}\n' + json.dumps(chat) + "\n")
    plain, measured = (message for message in evaluator.evaluate(asked) if message["type"] == "domain")
    assert (plain["status"], measured["status"]) == ("failed", "ok")
    assert "is plain text" in plain["reason"]


@pytest.mark.parametrize("protocol", [{}, {"windows": "packed"}, {"windows": "strided", "stride": 5}])
def test_a_domain_has_the_same_bits_whichever_others_are_asked_for(
    evaluator: Evaluator, llama: Path, tmp_path: Path, protocol: dict[str, Any]
) -> None:
    """What a worker relies on that asks for the rest of an evaluation that was killed."""
    names = ("a/a", "b/b", "c/c", "d/d")
    domains = {name: models.texts(7 + number, 9 * number + 3, seed=number) for number, name in enumerate(names)}
    asked = request(llama, tmp_path / "documents.jsonl", domains, **protocol)
    whole = [message for message in evaluator.evaluate(asked) if message["type"] == "domain"]
    lines = (tmp_path / "documents.jsonl").read_text().splitlines(keepends=True)
    for first in (1, 2, 3):
        rest = [line for line in lines if json.loads(line)["domain"] >= first]
        (tmp_path / "rest.jsonl").write_text("".join(rest))
        with Evaluator() as another:
            assert another.hear() is not None, another.errors.decode()
            part = {**asked, "documents": str(tmp_path / "rest.jsonl"), "domains": asked["domains"][first:]}
            answers = [message for message in another.evaluate(part) if message["type"] == "domain"]
        keys = ("index", "documents", "histogram")
        assert [[answer[key] for key in keys] for answer in answers] == [[answer[key] for key in keys] for answer in whole[first:]]


@pytest.mark.parametrize("windows", ["disjoint", "packed"])
def test_the_noise_of_a_run_is_measured_and_is_that_of_rounding(
    evaluator: Evaluator, llama: Path, tmp_path: Path, windows: str
) -> None:
    domains = {"a/a": models.texts(40, 60), "b/b": models.texts(150, 60, seed=1)}
    done = evaluator.evaluate(request(llama, tmp_path / "documents.jsonl", domains, windows=windows))[-1]
    assert 0 <= done["noise"] < 1e-6
    # Of a stream whole windows are taken, and between its documents stand prefixes, which do not count.
    assert 2000 < done["noise_tokens"] < done["tokens"]


@pytest.mark.parametrize("lines", ["", '{"domain":0,"text":"x"}\n{"domain":1,"text":"y"}\n{"domain":1,"text":"z"}\n', "nonsense\n"])
def test_a_documents_file_that_breaks_its_promise_is_refused(evaluator: Evaluator, llama: Path, tmp_path: Path, lines: str) -> None:
    asked = request(llama, tmp_path / "documents.jsonl", {"a/b": ["x"], "c/d": ["y"]})
    (tmp_path / "documents.jsonl").write_text(lines)
    message = evaluator.evaluate(asked)[-1]
    assert (message["type"], message["code"]) == ("error", "internal")
    assert str(tmp_path / "documents.jsonl") in message["message"]


def test_nothing_but_messages_reaches_standard_output(tmp_path: Path, llama: Path) -> None:
    program = (
        "import os, sys\n"
        "from track_evaluator import serve\n"
        "real = serve.evaluate\n"
        "def noisy(*arguments):\n"
        "    print('a library prints', flush=True)\n"
        "    os.write(1, b'a C library prints\\n')\n"
        "    real(*arguments)\n"
        "serve.evaluate = noisy\n"
        "from track_evaluator.__main__ import main\n"
        "main()\n"
    )
    (tmp_path / "noisy.py").write_text(program)
    with Evaluator(program=[str(tmp_path / "noisy.py")]) as process:
        process.hear()
        assert process.evaluate(request(llama, tmp_path / "documents.jsonl", {"a/b": ["x"]}))[-1]["type"] == "done"
        assert process.close_input() == 0
        process.join()
        assert b"a library prints" in process.errors
        assert b"a C library prints" in process.errors


def test_the_end_of_standard_input_ends_an_idle_evaluator_with_status_0() -> None:
    with Evaluator() as process:
        process.hear()
        assert process.close_input() == 0


def test_the_end_of_standard_input_ends_an_evaluator_that_computes(llama: Path, tmp_path: Path) -> None:
    with Evaluator() as process:
        process.hear()
        process.send(json.dumps(request(llama, tmp_path / "documents.jsonl", {"a/b": models.texts(20_000, 60)})).encode())
        loaded = process.hear()
        assert loaded is not None
        assert loaded["type"] == "loaded"
        assert process.close_input() == 0
        told = []
        while (message := process.hear()) is not None:
            told.append(message["type"])
        assert "domain" not in told


def test_an_evaluator_whose_reader_is_gone_ends(llama: Path, tmp_path: Path) -> None:
    with Evaluator(listen=False) as process:
        assert process.process.stdout is not None
        process.process.stdout.readline()
        process.process.stdout.close()
        process.send(json.dumps(request(llama, tmp_path / "documents.jsonl", {"a/b": ["x"]})).encode())
        assert process.process.wait(timeout=60) == 0
