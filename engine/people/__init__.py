"""People and their rights: recorded, shown, kept for so long, and erased."""
