"""Programs whose behaviour has to be that of python3.11: what behaviour_*.py share. They print what they see, under
either interpreter, and the tests compare."""

import re
import traceback

ROUNDS = 60  # enough to have everything specialised


def describe_error(error):
    if not isinstance(error, BaseException):
        return [repr(error)]  # `raise ... from int` accepts what int() returns
    parts = [type(error).__name__, str(error)]
    if isinstance(error, AttributeError):
        parts += [error.name, type(error.obj).__name__]
    parts += [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    if error.__cause__ is not None:
        parts += ["cause", describe_error(error.__cause__)]
    elif error.__context__ is not None:
        parts += ["context", error.__suppress_context__, describe_error(error.__context__)]
    return parts


def outcome(function, log):
    del log[:]
    try:
        result = function()
    except BaseException as error:
        result = describe_error(error)
    return re.sub("0x[0-9a-f]+", "0x", f"{result!r} {log!r}")


def show(functions, log):
    """Prints what each function returns or raises, and logs: at first and whenever that changes."""
    for function in functions:
        last = None
        for number in range(ROUNDS):
            seen = outcome(function, log)
            if seen != last:
                print(function.__name__, number, seen)
            last = seen
