def getattr(object, name, default=...):
    if default is missing:
        return object.n_name
    try:
        return object.n_name
    except AttributeError:
        pass
    return default


def hasattr(object, name):
    try:
        object.n_name
    except AttributeError:
        return False
    return True


def setattr(object, name, value):
    object.n_name = value


def delattr(object, name):
    del object.n_name
