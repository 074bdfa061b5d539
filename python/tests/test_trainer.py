"""The Trainer callback with a stand-in for the `track` program that records how it was called."""

import json
import logging
import stat
import sys
from pathlib import Path

import pytest
import torch
import transformers

import models
from track_evaluator.trainer import TrackCallback


@pytest.fixture
def track(tmp_path: Path) -> Path:
    """Appends its arguments to `calls`, whether the folder was complete, and ends with the status in `status`."""
    program = tmp_path / "bin" / "track"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, pathlib, sys, time\n"
        "here = pathlib.Path(sys.argv[0]).parent\n"
        "with open(here / 'calls', 'a') as calls: print(json.dumps([sys.argv[1:], sorted(os.listdir(sys.argv[2]))]), file=calls)\n"
        "status = here / 'status'\n"
        "if (here / 'slow').exists(): time.sleep(600)\n"
        "if status.exists(): sys.exit(print('the reason', file=sys.stderr) or int(status.read_text()))\n"
    )
    program.chmod(0o755)
    return program


def calls(track: Path) -> list[list[str]]:
    return [json.loads(line)[0] for line in (track.parent / "calls").read_text().splitlines()]


def train(folder: Path, callback: TrackCallback, steps: int = 4) -> transformers.TrainerState:
    ids = torch.randint(2, 300, (16, 8))
    trainer = transformers.Trainer(
        model=models.build("llama").train(),
        args=transformers.TrainingArguments(
            output_dir=str(folder),
            max_steps=steps,
            save_steps=2,
            per_device_train_batch_size=4,
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            logging_strategy="no",
            save_only_model=True,
        ),
        train_dataset=[{"input_ids": row, "labels": row} for row in ids],
        processing_class=models.tokenizer(),
        data_collator=transformers.default_data_collator,
        callbacks=[callback],
    )
    trainer.train()
    return trainer.state


def test_every_saved_checkpoint_is_registered_after_the_baseline(track: Path, tmp_path: Path) -> None:
    base = models.save(tmp_path / "base")
    train(
        tmp_path / "out",
        TrackCallback("legal", baseline=base, in_domain=["legal/licences", "legal/laws"], track=track),
    )
    named = ["--lineage", "legal", "--in-domain", "legal/licences", "--in-domain", "legal/laws"]
    assert calls(track) == [
        ["add", str(base), "--baseline", *named],
        ["add", str(tmp_path / "out" / "checkpoint-2"), *named],
        ["add", str(tmp_path / "out" / "checkpoint-4"), *named],
    ]


def test_a_checkpoint_is_complete_when_it_is_registered(track: Path, tmp_path: Path) -> None:
    train(tmp_path / "out", TrackCallback(track=track), steps=2)
    (line,) = (track.parent / "calls").read_text().splitlines()
    arguments, files = json.loads(line)
    assert arguments == ["add", str(tmp_path / "out" / "checkpoint-2")]
    assert {"config.json", "model.safetensors", "tokenizer.json", "trainer_state.json"} <= set(files)


@pytest.mark.parametrize("open_to_all", [True, False])
def test_other_users_may_read_a_checkpoint_only_where_asked(track: Path, tmp_path: Path, open_to_all: bool) -> None:
    train(tmp_path / "out", TrackCallback(track=track, readable_by_all=open_to_all), steps=2)
    weights = tmp_path / "out" / "checkpoint-2" / "model.safetensors"
    assert bool(stat.S_IMODE(weights.stat().st_mode) & 0o004) is open_to_all
    assert not stat.S_IMODE(weights.stat().st_mode) & 0o111


@pytest.mark.parametrize(
    ("status", "said"), [(1, "exit status 1: the reason"), (69, "cannot be reached"), (78, "exit status 78: the reason")]
)
def test_a_failure_is_a_warning_that_says_what_to_do_and_training_goes_on(
    track: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int, said: str
) -> None:
    (track.parent / "status").write_text(str(status))
    with caplog.at_level(logging.WARNING, "track"):
        state = train(tmp_path / "out", TrackCallback(track=track))
    assert state.global_step == 4
    assert len(calls(track)) == 2
    assert said in caplog.text
    assert "track add" in caplog.text or "track sync" in caplog.text


def test_a_missing_program_and_a_slow_one_do_not_stop_training(
    track: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "track"):
        assert train(tmp_path / "one", TrackCallback(track=tmp_path / "missing"), steps=2).global_step == 2
        assert "No such file" in caplog.text
        (track.parent / "slow").touch()
        assert train(tmp_path / "two", TrackCallback(track=track, timeout=0.2), steps=2).global_step == 2
        assert "did not finish in 0.2 seconds" in caplog.text


def test_only_the_main_process_registers(track: Path, tmp_path: Path) -> None:
    state = transformers.TrainerState(global_step=2, is_world_process_zero=False)
    arguments = transformers.TrainingArguments(output_dir=str(tmp_path), report_to="none", use_cpu=True)
    callback = TrackCallback(baseline=tmp_path, track=track)
    callback.on_train_begin(arguments, state, transformers.TrainerControl())
    callback.on_save(arguments, state, transformers.TrainerControl())
    assert not (track.parent / "calls").exists()
