"""Parts of pages that are too long for one file; each shows one thing and asks the service for it."""
