def builtin_getattr(object, name, *default):
    if not default:
        return object.n_name
    try:
        return object.n_name
    except AttributeError:
        pass
    return default[0]


def builtin_hasattr(object, name):
    try:
        object.n_name
    except AttributeError:
        return False
    return True


def builtin_setattr(object, name, value):
    object.n_name = value


def builtin_delattr(object, name):
    del object.n_name
