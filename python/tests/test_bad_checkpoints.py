"""Every way in which a folder is not a checkpoint gets one sentence that says what to do."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import transformers

import models
from conversation import Evaluator, request


def refusal(evaluator: Evaluator, folder: Path, tmp_path: Path) -> dict[str, Any]:
    message = evaluator.evaluate(request(folder, tmp_path / "documents.jsonl", {"a/b": ["the licence of a copy"]}))[-1]
    assert message["type"] == "error"
    assert str(folder) in message["message"]
    assert not message["retry"]
    return message


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def write(name: str, content: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_text(content)

    return change


def configure(**values: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **values}))

    return change


def cut(length: int) -> Callable[[Path], None]:
    return lambda folder: os.truncate(folder / "model.safetensors", length)


def pickles(folder: Path) -> None:
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")


def drop_a_weight(folder: Path) -> None:
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    safetensors.torch.save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def lose_a_shard(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text('{"weight_map":{"lm_head.weight":"model-00001-of-00002.safetensors"}}')


def adapter_only(folder: Path) -> None:
    (folder / "config.json").rename(folder / "adapter_config.json")


def without_tokenizer(folder: Path) -> None:
    for path in folder.glob("tokenizer*"):
        path.unlink()


def large_tokenizer(folder: Path) -> None:
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        weights[name] = weights[name][:200].clone()
    safetensors.torch.save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    configure(vocab_size=200)(folder)


INVALID = {
    "no config.json": (remove("config.json"), "no config.json"),
    "an adapter": (adapter_only, "Merge it"),
    "config.json is not JSON": (write("config.json", "{"), "not JSON"),
    "config.json is a list": (write("config.json", "[]"), "not a JSON object"),
    "no model_type": (write("config.json", "{}"), "model_type"),
    "an unknown model_type": (configure(model_type="llama-of-tomorrow"), "cannot be loaded by transformers"),
    "an encoder": (configure(model_type="vit", architectures=["ViTModel"]), "not a causal language model"),
    "a classifier": (configure(architectures=["LlamaForSequenceClassification"]), "LlamaForSequenceClassification"),
    "other sizes": (configure(hidden_size=64), "cannot be loaded by transformers"),
    "no weights": (remove("model.safetensors"), "no model.safetensors"),
    "pickles only": (pickles, "pickles only"),
    "a weight is missing": (drop_a_weight, "lacks 1 of the model's weights"),
    "a shard is missing": (lose_a_shard, "model-00001-of-00002.safetensors"),
    "an empty weights file": (cut(0), "half written"),
    "weights that end in the header": (cut(100), "half written"),
    "weights that end in the data": (cut(50_000), "half written"),
    "weights that are text": (write("model.safetensors", "once upon a time there was a model " * 9), "half written"),
    "no tokenizer": (without_tokenizer, "no tokenizer"),
    "a damaged tokenizer": (write("tokenizer.json", "{"), "cannot be loaded"),
    "a tokenizer larger than the embedding": (large_tokenizer, "knows token ids up to 299"),
}


@pytest.mark.parametrize("case", sorted(INVALID))
def test_a_folder_that_is_no_usable_checkpoint_is_refused(evaluator: Evaluator, llama: Path, tmp_path: Path, case: str) -> None:
    damage, named = INVALID[case]
    folder = tmp_path / "model"
    shutil.copytree(llama, folder)
    damage(folder)
    message = refusal(evaluator, folder, tmp_path)
    assert message["code"] == "checkpoint_invalid"
    assert named in message["message"]


def test_a_missing_folder_and_a_file_are_unreadable(evaluator: Evaluator, llama: Path, tmp_path: Path) -> None:
    for folder, named in ((tmp_path / "nowhere", "does not exist"), (llama / "config.json", "not a folder")):
        message = refusal(evaluator, folder, tmp_path)
        assert message["code"] == "checkpoint_unreadable"
        assert named in message["message"]


def test_a_tokenizer_without_bos_uses_eos_and_without_both_is_refused(evaluator: Evaluator, tmp_path: Path) -> None:
    asked = request(models.save(tmp_path / "eos", bos=False), tmp_path / "documents.jsonl", {"a/b": ["x"]})
    assert evaluator.evaluate(asked)[0]["prefix_token"] == 1
    message = refusal(evaluator, models.save(tmp_path / "none", bos=False, eos=False), tmp_path)
    assert message["code"] == "protocol_unsupported"
    assert "bos_token" in message["message"]
    asked = request(tmp_path / "none", tmp_path / "documents.jsonl", {"a/b": ["the licence"]}, prefix="tokenizer")
    loaded, domain, *_ = evaluator.evaluate(asked)
    assert loaded["prefix_token"] is None
    assert domain["documents"]["tokens"] == [
        len(transformers.AutoTokenizer.from_pretrained(tmp_path / "none")("the licence")["input_ids"]) - 1
    ]


def test_an_added_token_without_embedding_is_refused_only_where_it_occurs(evaluator: Evaluator, tmp_path: Path) -> None:
    folder = models.save(tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["<image>"])
    tokenizer.save_pretrained(folder)
    documents = tmp_path / "documents.jsonl"
    assert evaluator.evaluate(request(folder, documents, {"a/b": ["the copy"]}))[-1]["type"] == "done"
    message = evaluator.evaluate(request(folder, documents, {"a/b": ["the <image> copy"]}))[-1]
    assert message["code"] == "checkpoint_invalid"
    assert "document 1 of domain a/b" in message["message"]


def test_code_in_the_folder_is_never_run(evaluator: Evaluator, llama: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(llama, folder)
    configure(model_type="own", auto_map={"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"})(folder)
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    assert refusal(evaluator, folder, tmp_path)["code"] == "checkpoint_invalid"
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_what_the_evaluators_user_cannot_read_is_named_with_the_user(llama: Path) -> None:
    # pytest's own folders are closed to other users, so that this one lies beside them.
    top = Path(tempfile.mkdtemp())
    try:
        folder = top / "outer" / "model"
        shutil.copytree(llama, folder)
        subprocess.run(["chmod", "-R", "a+rX", str(top)], check=True)  # noqa: S607
        asked = request(folder, top / "documents.jsonl", {"a/b": ["x"]})
        (top / "documents.jsonl").chmod(0o644)
        with Evaluator(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"], folder=top) as process:
            assert process.hear() is not None, process.errors.decode()
            assert process.evaluate(asked)[-1]["type"] == "done"
            for closed in (folder / "model.safetensors", folder / "config.json", folder, folder.parent):
                mode = closed.stat().st_mode
                closed.chmod(0)
                (message,) = process.evaluate(asked)
                closed.chmod(mode)
                assert message["code"] == "checkpoint_unreadable"
                assert f"cannot read {closed}: permission denied" in message["message"]
                assert "(nobody)" in message["message"]
            assert process.evaluate(asked)[-1]["type"] == "done"
    finally:
        shutil.rmtree(top)
