"""Simulated pilots: invented people, the same engine."""
