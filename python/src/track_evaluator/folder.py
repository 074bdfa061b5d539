"""What can be said about a checkpoint folder from its files alone, before any library tries to load it.

Loading libraries report a missing permission, a half-written file or a folder of pickles in a dozen different ways;
here each gets one sentence that says what to do.
"""

import json
import os
import pwd
import stat
from pathlib import Path
from typing import Any

from track_evaluator.failures import ErrorCode, EvaluationError

PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt")


def inspect(folder: Path) -> tuple[object, ...]:
    """Refuses a folder that cannot be a checkpoint of a causal language model in safetensors.

    Returns a signature of its files (name, size, time of change), by which a later request recognises them unchanged.
    """
    names = _names(folder)
    if "config.json" not in names:
        if "adapter_config.json" in names:
            raise _invalid(f"{folder} holds an adapter, not a model. Merge it into its base model and save that.")
        raise _invalid(f"{folder} has no config.json. Give the folder that save_pretrained or the Trainer wrote.")
    weights = _weights(folder, names)
    for name in sorted(names):
        path = folder / name
        if path.suffix in (".json", ".model", ".txt", ".safetensors") and path.is_file():
            _open(path).close()
    for path in weights:
        _check_safetensors(path)
    config = _json(folder / "config.json")
    if not isinstance(config.get("model_type"), str):
        raise _invalid(f"{folder}/config.json names no model_type, so it is not a configuration of transformers.")
    return tuple((path.name, entry.st_size, entry.st_mtime_ns, entry.st_ino) for path, entry in _stats(folder, names))


def _names(folder: Path) -> set[str]:
    try:
        return {entry.name for entry in os.scandir(folder)}
    except FileNotFoundError:
        raise _unreadable(f"{folder} does not exist on this machine. Check the path, or whether it was moved.") from None
    except NotADirectoryError:
        raise _unreadable(f"{folder} is not a folder. Give the checkpoint's folder, not one of its files.") from None
    except PermissionError:
        raise _denied(_first_closed(folder)) from None
    except OSError as problem:
        raise _unreadable(f"cannot read {folder}: {problem.strerror}.") from problem


def _stats(folder: Path, names: set[str]) -> list[tuple[Path, os.stat_result]]:
    paths = [(folder / name, (folder / name).stat()) for name in sorted(names) if (folder / name).exists()]
    return [(path, entry) for path, entry in paths if stat.S_ISREG(entry.st_mode)]


def _weights(folder: Path, names: set[str]) -> list[Path]:
    if "model.safetensors" in names:
        return [folder / "model.safetensors"]
    if "model.safetensors.index.json" in names:
        index = _json(folder / "model.safetensors.index.json").get("weight_map")
        shards = sorted({str(shard) for shard in index.values()}) if isinstance(index, dict) else []
        if not shards:
            raise _invalid(f"{folder}/model.safetensors.index.json names no files. Save the checkpoint again.")
        for shard in shards:
            if "/" in shard or shard not in names:
                raise _invalid(f"{folder} lacks {shard}, which its index names. Copy or save the checkpoint again.")
        return [folder / shard for shard in shards]
    if any(name.endswith(PICKLE_SUFFIXES) for name in names):
        raise _invalid(
            f"{folder} holds its weights as pickles only, which can run code when they are loaded and are never opened. "
            "Save it as safetensors with save_pretrained."
        )
    raise _invalid(f"{folder} has no model.safetensors. Wait until it is saved completely, or save it again.")


def _check_safetensors(path: Path) -> None:
    """The header must be whole, and the file as long as the header promises (the format's own rule)."""
    with _open(path) as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise _damaged(path, f"it ends after {size} bytes, inside its header")
        try:
            header = json.loads(file.read(length))
            ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
            promised = 8 + length + max(ends, default=0)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            raise _damaged(path, "its header is not that of a safetensors file") from None
    if promised != size:
        raise _damaged(path, f"it has {size} bytes, and its header promises {promised}")


def _json(path: Path) -> dict[str, Any]:
    with _open(path) as file:
        try:
            value = json.load(file)
        except (ValueError, RecursionError) as problem:
            raise _invalid(f"{path} is not JSON ({problem}). Copy or save the checkpoint again.") from None
    if not isinstance(value, dict):
        raise _invalid(f"{path} is not a JSON object. Copy or save the checkpoint again.")
    return value


def _open(path: Path) -> Any:
    try:
        return path.open("rb")
    except PermissionError:
        raise _denied(path if os.access(path.parent, os.X_OK) else path.parent) from None
    except OSError as problem:
        raise _unreadable(f"cannot read {path}: {problem.strerror}.") from problem


def _first_closed(folder: Path) -> Path:
    """The outermost folder on the way that this user cannot enter, else the folder itself."""
    for parent in reversed(folder.absolute().parents):
        if not os.access(parent, os.X_OK):
            return parent
    return folder


def _denied(path: Path) -> EvaluationError:
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        user = f"user id {os.geteuid()}"
    return _unreadable(
        f"cannot read {path}: permission denied. Make it readable for the user that runs evaluations ({user}), "
        "for example with chmod -R a+rX."
    )


def _damaged(path: Path, what: str) -> EvaluationError:
    return _invalid(f"{path} is damaged or only half written: {what}. Wait until it is saved, or copy it again.")


def _unreadable(message: str) -> EvaluationError:
    return EvaluationError(ErrorCode.CHECKPOINT_UNREADABLE, message)


def _invalid(message: str) -> EvaluationError:
    return EvaluationError(ErrorCode.CHECKPOINT_INVALID, message)
