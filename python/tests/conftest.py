"""Fixtures shared by all tests."""

import os
from collections.abc import Iterator
from pathlib import Path

# Read when torch is imported; spinning threads make the tests slow where the cores are shared.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest
import transformers

import models
from conversation import Evaluator

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama checkpoint. Tests do not change it."""
    return models.save(tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    """One evaluator process for the requests of a module."""
    with Evaluator() as process:
        hello = process.hear()
        assert hello is not None, process.errors.decode()
        assert hello["type"] == "hello"
        yield process
