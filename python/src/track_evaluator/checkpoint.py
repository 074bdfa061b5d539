"""Loading a checkpoint folder into a causal language model: safetensors only, no code from the folder, no network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers

from track_evaluator import folder, memory
from track_evaluator.failures import ErrorCode, EvaluationError
from track_evaluator.protocol import Prefix, Protocol

LOCAL_ONLY: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


@dataclass(frozen=True)
class Checkpoint:
    """A model in evaluation mode and what scoring needs to know about it."""

    path: Path
    model: transformers.PreTrainedModel
    tokenizer: transformers.PreTrainedTokenizerBase
    device: torch.device
    bos_or_eos: int | None
    """The tokenizer's BOS, else its EOS; None when it has neither."""
    embedding_rows: int
    """Token ids from here on have no embedding."""
    vocabulary: int
    """Width of the logits."""
    parameters: int
    maximum_context: int | None
    """Tokens that the model's configuration allows; None when it states no limit."""

    def context(self, protocol: Protocol) -> int:
        """The window length in tokens that the protocol means for this model."""
        if protocol.context == 0:
            if self.maximum_context is None:
                raise EvaluationError(
                    ErrorCode.PROTOCOL_UNSUPPORTED,
                    f"{self.path} states no max_position_embeddings, so context 0 (the model's own maximum) means nothing. "
                    "Use a protocol with a context in tokens.",
                )
            context = self.maximum_context
        else:
            context = protocol.context
        if self.maximum_context is not None and protocol.context > self.maximum_context:
            raise EvaluationError(
                ErrorCode.PROTOCOL_UNSUPPORTED,
                f"the protocol's context of {protocol.context} tokens is longer than the {self.maximum_context} that "
                f"{self.path} was made for. Use a protocol with a context of at most {self.maximum_context}.",
            )
        if protocol.stride is not None and protocol.stride > context:
            raise EvaluationError(
                ErrorCode.PROTOCOL_UNSUPPORTED,
                f"the protocol's stride of {protocol.stride} tokens is longer than the context of {context} that {self.path} has: "
                f"tokens in between would be lost. Use a stride of at most {context}.",
            )
        return context

    def prefix_token(self, protocol: Protocol) -> int | None:
        """The token before the first one; None where the protocol leaves that to the tokenizer."""
        if protocol.prefix is Prefix.TOKENIZER:
            return None
        if self.bos_or_eos is None:
            raise EvaluationError(
                ErrorCode.PROTOCOL_UNSUPPORTED,
                f"the tokenizer in {self.path} has neither a BOS nor an EOS token, and the protocol's prefix is one of them. "
                "Set bos_token in tokenizer_config.json to the token that began every training sequence, "
                "or use a protocol with the prefix of the tokenizer.",
            )
        return self.bos_or_eos


class CheckpointLoader:
    """Loads checkpoints and keeps the last one, for the next request that asks for the same files."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] | None = None
        self._checkpoint: Checkpoint | None = None

    def load(self, path: str, digest: str, dtype: str) -> Checkpoint:
        """The model of a folder. Raises EvaluationError when the folder is not a loadable causal language model."""
        where = Path(path)
        key = (path, digest, dtype, folder.inspect(where))
        if self._checkpoint is not None and key == self._key:
            return self._checkpoint
        self._key = self._checkpoint = None  # frees the old weights before the new ones need the memory
        memory.give_back()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        checkpoint = _load(where, getattr(torch, dtype))
        self._key, self._checkpoint = key, checkpoint
        return checkpoint


def _load(path: Path, dtype: torch.dtype) -> Checkpoint:
    config = _guarded(path, transformers.AutoConfig.from_pretrained)
    _require_causal(path, config)
    tokenizer = _tokenizer(path)
    bos_or_eos = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    model, info = _guarded(
        path,
        transformers.AutoModelForCausalLM.from_pretrained,
        config=config,
        dtype=dtype,
        use_safetensors=True,
        output_loading_info=True,
    )
    if missing := sorted(info["missing_keys"]):
        raise _invalid(
            f"{path} lacks {len(missing)} of the model's weights, first {missing[0]}: they would be random. "
            "Save the whole causal language model with save_pretrained."
        )
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = model.to(device).eval()
    rows = model.get_input_embeddings().weight.shape[0]
    head = model.get_output_embeddings()
    text_config = config.get_text_config()
    limit = getattr(text_config, "max_position_embeddings", None)
    highest = max(tokenizer.vocab_size - 1, -1 if bos_or_eos is None else bos_or_eos)
    if highest >= rows:
        raise _invalid(
            f"the tokenizer in {path} knows token ids up to {highest}, and the model has embeddings for {rows} tokens: "
            "they do not belong together. Put the tokenizer that the model was trained with into the folder."
        )
    return Checkpoint(
        path=path,
        model=model,
        tokenizer=tokenizer,
        device=device,
        bos_or_eos=bos_or_eos,
        embedding_rows=rows,
        vocabulary=head.weight.shape[0] if head is not None else text_config.vocab_size,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        maximum_context=limit if isinstance(limit, int) and limit >= 2 else None,
    )


def _require_causal(path: Path, config: transformers.PretrainedConfig) -> None:
    mapping = transformers.models.auto.modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING
    if type(config) not in mapping or getattr(config, "is_encoder_decoder", False):
        raise _invalid(
            f"{path} is a model of type {config.model_type}, which is not a causal language model: it has no perplexity."
        )
    expected = mapping[type(config)].__name__
    named = config.architectures or [expected]
    if not any(name == expected or name.endswith(("ForCausalLM", "LMHeadModel")) for name in named):
        raise _invalid(
            f"{path}/config.json names the architecture {named[0]}, which is not a causal language model "
            f"(expected {expected}): it has no perplexity."
        )


def _tokenizer(path: Path) -> transformers.PreTrainedTokenizerBase:
    advice = "Save it beside the model with tokenizer.save_pretrained (the Trainer does when it gets processing_class)."
    known = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "tekken.json")
    if not any((path / name).is_file() for name in known):
        raise _invalid(f"{path} has no tokenizer. {advice}")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(path, **LOCAL_ONLY)
    except MemoryError:
        raise
    except Exception as problem:  # every tokenizer class has its own ways to fail; all mean the same to the reader
        raise _invalid(f"the tokenizer in {path} cannot be loaded: {_first_line(problem)}. {advice}") from problem
    if len(tokenizer) == 0:
        raise _invalid(f"the tokenizer in {path} is empty. {advice}")
    return tokenizer


def _guarded(path: Path, load: Any, **options: Any) -> Any:
    """Calls a loader; what it raises about the folder becomes one sentence, and memory running out stays itself."""
    try:
        return load(path, **LOCAL_ONLY, **options)
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as problem:
        if out_of_memory(problem):
            raise
        raise _invalid(f"{path} cannot be loaded by transformers {transformers.__version__}: {_first_line(problem)}") from problem


def out_of_memory(problem: BaseException) -> bool:
    """Whether an exception says that memory ran out; torch's CPU allocator says so in a RuntimeError's text only."""
    if isinstance(problem, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(problem, RuntimeError) and "allocate memory" in str(problem)


def _first_line(problem: BaseException) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return lines[0] if lines else type(problem).__name__


def _invalid(message: str) -> EvaluationError:
    return EvaluationError(ErrorCode.CHECKPOINT_INVALID, message)
