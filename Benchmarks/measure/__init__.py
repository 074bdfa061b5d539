"""Measures track side by side with what people would use instead. Run by scripts/benchmark."""
