"""The evaluation measures: what each one is, over which period, with which interval, and which cells may be shown."""
