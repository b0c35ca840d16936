"""The commands of ``mikro``, a module for each part of the work: each asks the engine and prints; none decides."""
