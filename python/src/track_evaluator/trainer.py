"""A callback for the Hugging Face Trainer that registers every checkpoint it saves with `track add`.

    from track_evaluator.trainer import TrackCallback

    trainer = Trainer(..., processing_class=tokenizer, callbacks=[TrackCallback(lineage="legal-7b")])

Registering never breaks or delays a training run for longer than `timeout`: what goes wrong is a warning that says what
to do, and training goes on.
"""

import logging
import os
import shlex
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

logger = logging.getLogger("track")

EX_UNAVAILABLE = 69
"""`track`'s exit status when the daemon could not be reached and the record waits in the spool."""


class TrackCallback(TrainerCallback):
    """Registers the baseline when training begins and each checkpoint when it is saved, on the main process only."""

    def __init__(
        self,
        lineage: str | None = None,
        *,
        baseline: str | os.PathLike[str] | None = None,
        in_domain: Sequence[str] = (),
        track: str | os.PathLike[str] = "track",
        timeout: float = 120,
        readable_by_all: bool = False,
    ) -> None:
        """Prepares the callback.

        lineage: name of the training run; by default `track` takes it from the folder.
        baseline: folder of the model that training starts from; it is registered first, as the lineage's baseline.
        in_domain: domains ("source/domain") that this training is meant to improve; all others are out-of-domain.
        track: the program.
        timeout: seconds to wait for it. It reads the checkpoint once to compute its digest.
        readable_by_all: lets every user of the machine read the saved folders. Weights are written for their owner
            alone, and evaluations can run as another user.
        """
        self._lineage = lineage
        self._baseline = Path(baseline) if baseline is not None else None
        self._in_domain = tuple(in_domain)
        self._track = os.fspath(track)
        self._timeout = timeout
        self._readable_by_all = readable_by_all

    def on_train_begin(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Registers the baseline."""
        if self._baseline is not None and state.is_world_process_zero:
            self._add(self._baseline, "--baseline")

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Registers the checkpoint that the Trainer has just written."""
        if state.is_world_process_zero and args.output_dir is not None:
            self._add(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    def _add(self, folder: Path, *more: str) -> None:
        command = [self._track, "add", str(folder.absolute()), *more]
        if self._lineage is not None:
            command += ["--lineage", self._lineage]
        for domain in self._in_domain:
            command += ["--in-domain", domain]
        try:
            if self._readable_by_all:
                _make_readable(folder)
            result = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=self._timeout
            )
        except subprocess.TimeoutExpired:
            _warn(folder, f"track did not finish in {self._timeout:g} seconds", command)
        except OSError as problem:
            _warn(folder, f"{problem.strerror}: {problem.filename}", command)
        else:
            said = (result.stderr.strip() or result.stdout.strip()).splitlines()
            if result.returncode == 0:
                logger.info("registered %s with track", folder)
            elif result.returncode == EX_UNAVAILABLE:
                logger.warning("track's daemon cannot be reached; the record of %s is kept and sent by `track sync`", folder)
            else:
                _warn(folder, f"exit status {result.returncode}{': ' + said[-1] if said else ''}", command)


def _warn(folder: Path, what: str, command: list[str]) -> None:
    logger.warning("could not register %s with track (%s). Training goes on; later run: %s", folder, what, shlex.join(command))


def _make_readable(folder: Path) -> None:
    """The equivalent of chmod -R a+rX."""
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        enter = 0o111 if path.is_dir() or mode & 0o111 else 0
        path.chmod(mode | 0o444 | enter)
