"""The plan model from end to end: the search for the best plans, their prices and the proof."""
