"""Real inference servers on this machine's processor: how each is installed, in pinned versions, and started."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "track" / "served"
LLAMA_CPP_PYTHON = "0.3.36"


@dataclass(frozen=True)
class Launch:
    """How a server is started. It answers on 127.0.0.1."""

    command: list[str]
    variables: dict[str, str]
    """Of the environment, beside what is there."""
    model: str | None = None
    """Its name for the checkpoint, where it is not the folder's path."""


@dataclass(frozen=True)
class Server:
    label: str
    start: Callable[[Path, int], Launch]
    """Installs what is missing; gets the checkpoint's folder and a port."""
    refusals: dict[str, str | None] = field(default_factory=dict)
    """For each form that it is asked in, what the reason of the refusal must hold, or None where it must be measured."""


@contextmanager
def running(server: Server, checkpoint: Path, port: int, log: Path) -> Iterator[tuple[str, Launch]]:
    launch = server.start(checkpoint, port)
    url = f"http://127.0.0.1:{port}"
    with log.open("w") as output:
        process = subprocess.Popen(
            launch.command, env=os.environ | launch.variables, stdout=output, stderr=output, start_new_session=True
        )
        try:
            _await(url, process, log)
            yield url, launch
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{url}/v1/models", timeout=10):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise SystemExit(f"the server does not answer: {log.read_text()[-2000:]}")


def _environment(name: str) -> Path:
    """The Python of an environment with the packages of `requirements-NAME.txt`."""
    python = HOME / name / "bin" / "python"
    wanted = (HERE / f"requirements-{name}.txt").read_text()
    stamp = HOME / name / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing {name} in {HOME / name}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", HOME / name], check=True)
        arguments = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([python, "-m", "pip", "install", *arguments, "-r", HERE / f"requirements-{name}.txt"], check=True)
        stamp.write_text(wanted)
    return python


def _vllm(checkpoint: Path, port: int) -> Launch:
    command = [_environment("vllm"), "-m", "vllm.entrypoints.openai.api_server", "--model", checkpoint, "--dtype", "float32"]
    command += ["--enforce-eager", "--max-model-len", "128", "--max-num-seqs", "8", "--host", "127.0.0.1", "--port", port]
    variables = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"}
    variables |= {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    return Launch([str(each) for each in command], variables)


def _sglang(checkpoint: Path, port: int) -> Launch:
    """Its package is for GPUs. On a processor it calls torch; `absent` stands in for the kernels, which it imports nevertheless."""
    folder = shutil.copytree(checkpoint, checkpoint.with_name("sglang"))
    # It comes with transformers 4, which knows the tokenizer by another class, and the rotation by another key.
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer | {"tokenizer_class": "PreTrainedTokenizerFast"}))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"rope_theta": config.pop("rope_parameters")["rope_theta"]}))
    command = [_environment("sglang"), "-m", "sglang.launch_server", "--model-path", folder, "--served-model-name", checkpoint]
    command += ["--device", "cpu", "--dtype", "float32", "--attention-backend", "torch_native", "--sampling-backend", "pytorch"]
    command += ["--grammar-backend", "none", "--disable-cuda-graph", "--disable-overlap-schedule", "--skip-server-warmup"]
    command += ["--context-length", 128, "--max-total-tokens", 2048, "--host", "127.0.0.1", "--port", port]
    variables = {"PYTHONPATH": str(HERE / "absent"), "SGLANG_USE_CPU_ENGINE": "1", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return Launch([str(each) for each in command], variables)


def _llama_cpp() -> tuple[Path, Path]:
    """The sources of llama-cpp-python, in which llama.cpp's own are, and the folder of what was compiled."""
    python = _environment("llama-cpp")
    sources = HOME / f"llama_cpp_python-{LLAMA_CPP_PYTHON}"
    compiled = sources / "compiled" / "bin"
    if not (compiled / "llama-server").exists():
        print(f"compiling llama.cpp in {sources}", file=sys.stderr)
        shutil.rmtree(sources, ignore_errors=True)
        arguments = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", "llama-cpp-python", "--dest", HOME]
        subprocess.run([python, "-m", "pip", "download", *arguments, f"llama-cpp-python=={LLAMA_CPP_PYTHON}"], check=True)
        archive = HOME / f"llama_cpp_python-{LLAMA_CPP_PYTHON}.tar.gz"
        subprocess.run(["/usr/bin/tar", "--extract", "--gzip", "--file", archive, "--directory", HOME], check=True)
        # For any processor, and without what a small model does not need: a third of the time.
        options = ["CMAKE_BUILD_TYPE=Release", "CMAKE_CXX_FLAGS_RELEASE=-O1", "CMAKE_C_FLAGS_RELEASE=-O1", "BUILD_SHARED_LIBS=ON"]
        options += [f"GGML_{each}=OFF" for each in ("NATIVE", "OPENMP", "LLAMAFILE", "AVX", "AVX2", "FMA", "F16C", "BMI2")]
        options += [f"LLAMA_{each}=OFF" for each in ("BUILD_TESTS", "BUILD_EXAMPLES", "BUILD_APP", "USE_PREBUILT_UI", "OPENSSL")]
        tools = {"PATH": f"{python.parent}:{os.environ['PATH']}"}
        configure = ["cmake", "-G", "Ninja", "-S", sources / "vendor" / "llama.cpp", "-B", sources / "compiled"]
        subprocess.run([*configure, *(f"-D{each}" for each in options)], check=True, env=os.environ | tools, stdout=sys.stderr)
        build = ["cmake", "--build", sources / "compiled", "--target", "llama", "llama-server"]
        subprocess.run(build, check=True, env=os.environ | tools, stdout=sys.stderr)
    return sources, compiled


def _gguf(checkpoint: Path) -> Path:
    file = checkpoint.with_suffix(".gguf")
    subprocess.run([_environment("llama-cpp"), HERE / "gguf_file.py", checkpoint, file], check=True)
    return file


def _llama_cpp_python(checkpoint: Path, port: int) -> Launch:
    sources, compiled = _llama_cpp()
    command = [_environment("llama-cpp"), "-m", "llama_cpp.server", "--model", _gguf(checkpoint), "--model_alias", checkpoint]
    # A float32 cache; without logits_all it refuses logprobs.
    command += ["--logits_all", "true", "--type_k", 0, "--type_v", 0, "--n_ctx", 128, "--host", "127.0.0.1", "--port", port]
    return Launch([str(each) for each in command], {"PYTHONPATH": str(sources), "LLAMA_CPP_LIB_PATH": str(compiled)})


def _llama_server(checkpoint: Path, port: int) -> Launch:
    _, compiled = _llama_cpp()
    command = [compiled / "llama-server", "--model", _gguf(checkpoint), "--alias", checkpoint, "--ctx-size", 128]
    command += ["--cache-type-k", "f32", "--cache-type-v", "f32", "--host", "127.0.0.1", "--port", port]
    return Launch([str(each) for each in command], {"LD_LIBRARY_PATH": str(compiled)})


def _transformers_serve(checkpoint: Path, port: int) -> Launch:
    """It lists the models of the hub's cache only, so that the checkpoint is put into one. torch and transformers are our own."""
    added = HOME / "transformers-serve"
    wanted = (HERE / "requirements-transformers-serve.txt").read_text()
    stamp = added / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(added, ignore_errors=True)
        arguments = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--target", added]
        source = HERE / "requirements-transformers-serve.txt"
        subprocess.run([sys.executable, "-m", "pip", "install", *arguments, "-r", source], check=True)
        stamp.write_text(wanted)
    revision = "0" * 40
    repository = checkpoint.parent / "hub" / "models--local--tiny"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(revision)
    (repository / "blobs").mkdir()
    shutil.copytree(checkpoint, repository / "snapshots" / revision)
    program = Path(sys.executable).with_name("transformers")
    command = [program, "serve", "local/tiny", "--device", "cpu", "--dtype", "float32", "--host", "127.0.0.1", "--port", port]
    variables = {"HF_HUB_CACHE": str(repository.parent), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(added)}
    return Launch([str(each) for each in command], variables, model="local/tiny")


SERVERS = {
    "vllm": Server("vLLM 0.32.0 (the package vllm-cpu)", _vllm, {"vllm": None, "openai": None}),
    "sglang": Server("SGLang 0.5.5, without its kernels", _sglang, {"sglang": None, "openai": None}),
    "llama-cpp-python": Server(f"llama-cpp-python {LLAMA_CPP_PYTHON}", _llama_cpp_python, {"openai": "first token of the text"}),
    "llama-server": Server(
        f"llama-server 0.5.0-dev (of llama-cpp-python {LLAMA_CPP_PYTHON})",
        _llama_server,
        {"openai": "of what it generated only", "vllm": "ignored prompt_logprobs"},
    ),
    "transformers-serve": Server(
        "transformers serve 5.23.0", _transformers_serve, {"openai": "ignored echo and logprobs", "vllm": "prompt_logprobs"}
    ),
}


def answers(url: str, model: str, folder: Path, prefix: str) -> None:
    """Keeps what the server says to a short prompt in each form, as token ids and as text."""
    sampled = {"max_tokens": 1, "temperature": 0, "model": model}
    echo = sampled | {"echo": True, "logprobs": 1}
    objects = sampled | {"prompt_logprobs": 0, "logprobs": 1, "return_tokens_as_token_ids": True}
    generate = {"sampling_params": {"max_new_tokens": 1, "temperature": 0}, "return_logprob": True, "logprob_start_len": 0}
    ids, text = [0, 53, 258, 222, 73], "The h"
    questions = {
        "echo-ids": ("/v1/completions", echo | {"prompt": ids}),
        "echo-text": ("/v1/completions", echo | {"prompt": text}),
        "prompt-logprobs-ids": ("/v1/completions", objects | {"prompt": ids}),
        "prompt-logprobs-text": ("/v1/completions", objects | {"prompt": text}),
        # With the vocabulary's last token.
        "generate-ids": ("/generate", generate | {"input_ids": [*ids, 299]}),
    }
    for name, (path, body) in questions.items():
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                said = answer.read()
        except urllib.error.HTTPError as refusal:
            said = refusal.read()
        (folder / f"{prefix}-{name}.json").write_bytes(said)
