"""Chance by name: every draw of a simulated pilot belongs to somebody and something, whatever else was drawn.

The numbers come from a counter-based generator (Philox) whose key is made of the seed and of names such as
``("answer", "req-7", "vol-3")``. Two policies under one seed therefore meet the same people with the same moods
(common random numbers), and a pilot that stops and goes on draws what it would have drawn anyway.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np

from simulations.people import Floats


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Give the generator that belongs to these names under this seed."""
    named = json.dumps([seed, *names]).encode()
    key = np.frombuffer(hashlib.blake2b(named, digest_size=16).digest(), dtype="<u8")
    return np.random.Generator(np.random.Philox(key=key))


def uniforms(seed: int, what: str, whose: Iterable[tuple[str, ...]], n: int) -> Floats:
    """Draw n numbers from [0, 1) for each of the named: shape (len(whose), n)."""
    rows = [stream(seed, what, *names).random(n) for names in whose]
    return np.array(rows, dtype=np.float64).reshape(len(rows), n)
