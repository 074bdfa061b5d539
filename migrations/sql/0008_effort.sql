-- What an evaluation cost and how well its evaluator repeats itself: tokens, seconds, tokens_per_second, peak_memory_bytes, noise, noise_tokens,
-- resumed_domains. NULL for runs from before and for those whose evaluator said nothing of it.
ALTER TABLE evaluation_run ADD COLUMN effort jsonb CHECK (jsonb_typeof(effort) = 'object');
