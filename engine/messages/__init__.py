"""Messages: drawn up from what is known now, signed, sent once or shown to be copied."""
