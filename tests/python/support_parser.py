"""What the tests of the parser compare: its trees and errors with those of CPython's, which parses with type comments."""

import ast
import warnings

# What is asked for besides the tree: both read the same source then, unless it has type comments.
ORIGINAL = {"type_comments": True}


def outcome(source, mode="exec", **options):
    """The tree with all its positions, or all that is told of an error; and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = ast.dump(ast.parse(source, "<source>", mode, **options), include_attributes=True)
        except SyntaxError as error:
            result = type(error), error.args
        except (MemoryError, OverflowError, RecursionError, ValueError) as error:
            result = type(error), str(error)
    return result, [(each.category, str(each.message), each.lineno) for each in caught]


def both(source, mode="exec"):
    """The outcomes of ours and of the original."""
    return outcome(source, mode), outcome(source, mode, **ORIGINAL)
