"""Reasons, prices, chances and what if: every answer confirmed by solving again."""
