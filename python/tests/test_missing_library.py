"""Without torch or transformers the evaluator says how to install them and exits 78."""

import subprocess
import sys

import pytest

from conversation import SOURCE


@pytest.mark.parametrize("library", ["torch", "transformers", "numpy"])
def test_a_missing_library_is_an_instruction_and_status_78(library: str) -> None:
    program = f"import sys; sys.path.insert(0, {str(SOURCE)!r}); sys.modules[{library!r}] = None; sys.argv = ['track-evaluator']\n"
    program += "from track_evaluator.__main__ import main; main()"
    result = _run(program)
    assert result.returncode == 78
    assert result.stdout == b""
    assert b"pip install" in result.stderr
    assert library.encode() in result.stderr
    assert b"Traceback" not in result.stderr


def _run(program: str) -> "subprocess.CompletedProcess[bytes]":
    # Standard input stays open: its end would end the evaluator with status 0.
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        out, err = process.stdout.read(), process.stderr.read()
        return subprocess.CompletedProcess(program, process.wait(), out, err)
