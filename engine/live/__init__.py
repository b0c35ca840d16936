"""The live pilot: the steps of its state machine, taken by coordinators, volunteers and time."""
