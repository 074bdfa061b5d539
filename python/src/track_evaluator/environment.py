"""What a number was made with: recorded with every run, never a reason to refuse a comparison."""

import platform
from pathlib import Path

import numpy
import safetensors
import tokenizers
import torch
import transformers


def prepare() -> None:
    """Full float32 everywhere and the same result for the same request; libraries keep their advice to themselves."""
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(True, warn_only=True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


def describe() -> dict[str, str]:
    """A flat object of strings."""
    result = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
        "safetensors": safetensors.__version__,
        "numpy": numpy.__version__,
        "device": "cuda" if torch.cuda.is_available() else "cpu",
        "cpu": _processor(),
        "threads": str(torch.get_num_threads()),
    }
    if torch.cuda.is_available():
        result["gpu"] = torch.cuda.get_device_name()
        result["cuda"] = str(torch.version.cuda)
    return result


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()
