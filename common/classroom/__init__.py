"""The machinery of a class; a lesson needs none of these files."""
