def exec(source, globals=None, locals=None, /, *, closure=None):
    start_exec(source, globals, locals, closure)


def eval(source, globals=None, locals=None, /):
    return start_eval(source, globals, locals)
