"""The research extract: what may leave the pilot, and the proof that nothing else does."""
