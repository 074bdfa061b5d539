"""Measures the transformers evaluator beside lm-evaluation-harness, the plain loop and a bare forward pass."""
