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


# operator.attrgetter and operator.itemgetter.


def get_attributes(object, paths):
    if len(paths) == 1:
        return get_attribute(object, paths[0])
    values = []
    for path in paths:
        values.append(get_attribute(object, path))
    return tuple(values)


def get_attribute(object, path):
    if type(path) is not tuple:
        return object.n_path
    for name in path:
        object = object.n_name
    return object


def get_items(object, items):
    if len(items) == 1:
        return object[items[0]]
    values = []
    for item in items:
        values.append(object[item])
    return tuple(values)
