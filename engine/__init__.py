"""The engine: who could serve which request, the best assignment, its proof and its explanation."""

from engine.assignment import Solution, solve_assignment
from engine.explain import explain
from engine.matching import match
from engine.policy import Policy
from engine.store import Store
from engine.verify import verify

__all__ = ["Policy", "Solution", "Store", "explain", "match", "solve_assignment", "verify"]
