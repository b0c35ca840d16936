"""The pilot's file: its schema, its log, its chain, its copies, and one program at a time."""
