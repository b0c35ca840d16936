"""The pilot's own history, lived again under another policy."""
