def import_from(module, name):
    try:
        return module.n_name
    except AttributeError:
        pass
    return import_submodule(module, name)


def __import__(name, globals=None, locals=None, fromlist=(), level=0):
    try:
        absolute = absolute_name(name, globals, level)
        module = find_loaded(absolute)
        if module is None:
            announce_import(absolute)
            module = bootstrap_function("_find_and_load")(absolute, import_function())
        elif is_initializing(module):
            bootstrap_function("_lock_unlock_module")(absolute)
        if fromlist:
            if getattr(module, "__path__", ...) is ...:
                return module
            return bootstrap_function("_handle_fromlist")(module, fromlist, import_function())
        return imported_package(name, absolute, module, level)
    except BaseException as error:
        raise_without_importlib(error)
