"""A module whose code waits while it is imported."""

import pickled_program

pickled_program.wait()
value = "imported"
