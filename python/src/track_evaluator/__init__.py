"""The `transformers` evaluator of track: checkpoints in, per-document negative log-likelihoods out."""

__version__ = "0.1.0"
