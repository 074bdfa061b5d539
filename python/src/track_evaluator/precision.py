"""Which of torch's ways to multiply float32 matrices is fast here and still float32."""

import torch

ROWS = 64
SLACK = 4
"""Another order of summation may err this many times as much as the reference does; bfloat16 errs a thousand times as much."""


def settle(weight: torch.Tensor | None = None) -> None:
    """Chooses for the process: `medium` where that is float32 on this processor, else `highest`.

    On a CPU, `medium` lets torch call oneDNN, which takes half the time of MKL on AMD. It also allows bfloat16, which some
    processors then use and others do not: so both are held against float64 on a real product, with the weight that will be
    used (rows of a model's head) or a random one. On a GPU it would mean TF32 or bfloat16 always.
    """
    torch.set_float32_matmul_precision("highest")
    if torch.cuda.is_available() or not torch.backends.mkldnn.is_available():
        return
    generator = torch.Generator().manual_seed(0)
    if weight is None:
        weight = torch.randn(512, 768, generator=generator)
    if weight.dtype != torch.float32:
        return
    inputs = torch.randn(ROWS, weight.shape[1], generator=generator)
    exact = inputs.double() @ weight.double().T
    reference = _error(inputs, weight, exact)
    torch.set_float32_matmul_precision("medium")
    if not _error(inputs, weight, exact) <= SLACK * reference:
        torch.set_float32_matmul_precision("highest")


def _error(inputs: torch.Tensor, weight: torch.Tensor, exact: torch.Tensor) -> float:
    """Root mean square, so that one unlucky element decides nothing."""
    product = torch.nn.functional.linear(inputs, weight)
    return float((product.double() - exact).square().mean().sqrt())
