# Names of class bodies, and of code that exec() and eval() run, where their namespaces are no plain dicts.


def load_name(name, locals, globals, builtins):
    try:
        return locals[name]
    except KeyError:
        pass
    value = dict.get(globals, name, missing)
    return load_builtin(name, builtins) if value is missing else value


def load_global(name, globals, builtins):
    try:
        return globals[name]
    except KeyError:
        pass
    return load_builtin(name, builtins)


def load_builtin(name, builtins):
    try:
        return builtins[name]
    except KeyError:
        pass
    raise_name_error(name)


def load_class_variable(name, locals, cell):
    try:
        return locals[name]
    except KeyError:
        pass
    return content_of_free(name, cell)


def delete_name(name, locals):
    try:
        del locals[name]
        return
    except Exception:
        pass
    raise_name_error(name)


def set_up_annotations(locals):
    try:
        locals["__annotations__"]
        return
    except KeyError:
        pass
    locals["__annotations__"] = {}
