"""Larger pieces of pages: each shows one form or card, asks ``dashboard.service``, and holds no rules."""
