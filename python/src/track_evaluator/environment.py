"""What a number was made with: recorded with every run, never a reason to refuse a comparison."""

import os
import platform
from pathlib import Path

import numpy
import safetensors
import tokenizers
import torch
import transformers

from track_evaluator import precision


def prepare() -> None:
    """Full float32 everywhere and the same result for the same request; libraries keep their advice to themselves."""
    precision.settle()
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(granted_cores())
    torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Its companion writes NaN over all new memory before it is used, which is a tool for finding faults and costs a pass each.
    torch.utils.deterministic.fill_uninitialized_memory = False
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
        "float32_matmul": torch.get_float32_matmul_precision(),
    }
    if torch.cuda.is_available():
        result["gpu"] = torch.cuda.get_device_name()
        result["cuda"] = str(torch.version.cuda)
    return result


def granted_cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Cores that this process may use: those that it may run on, less where its control group has a quota.

    torch counts the first only, and threads that wait for a quota cost more than they do."""
    cores = len(os.sched_getaffinity(0))
    try:
        share, _, period = quota.read_text().partition(" ")
        return max(1, min(cores, int(share) // int(period)))
    except (OSError, ValueError):
        return cores


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()
