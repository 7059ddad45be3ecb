def getattr_(object, name, default=...):
    if default is missing:
        return object.n_name
    try:
        return object.n_name
    except AttributeError:
        pass
    return default


def hasattr_(object, name):
    try:
        object.n_name
    except AttributeError:
        return False
    return True


def setattr_(object, name, value):
    object.n_name = value


def delattr_(object, name):
    del object.n_name
