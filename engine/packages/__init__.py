"""Data packages: their files, the meaning of a cell, and the rules across rows."""
