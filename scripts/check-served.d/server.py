"""A server in the form of vLLM's `/v1/completions` with `prompt_logprobs`, over a model that transformers computes in float32."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch
import transformers


def start(folder: Path) -> str:
    """Serves the model of a folder under the folder's path, until the process ends. Returns its URL."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/v1/models":
                self._answer({"data": [{"id": str(folder), "root": str(folder), "max_model_len": 4096}]})
            else:
                self._answer({"version": f"transformers {transformers.__version__}"})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with turn, torch.inference_mode():
                self._answer(_completion(model, asked))

        def _answer(self, value: dict[str, Any]) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def _completion(model: transformers.PreTrainedModel, asked: dict[str, Any]) -> dict[str, Any]:
    ids = asked["prompt"]
    values = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
    prompt: list[dict[str, Any] | None] = [None]
    prompt += [{str(ids[at]): {"logprob": values[at - 1, ids[at]].item(), "rank": 1}} for at in range(1, len(ids))]
    generated = int(values[-1].argmax())
    logprobs = {"tokens": [f"token_id:{generated}"], "token_logprobs": [values[-1, generated].item()]}
    choice = {"index": 0, "text": "", "prompt_logprobs": prompt, "logprobs": logprobs if asked.get("logprobs") else None}
    return {"choices": [choice], "usage": {"prompt_tokens": len(ids), "completion_tokens": 1}}
