# Where there are no keyword arguments, `kwargs` may be None.


def call(callable, args, kwargs):
    return callable(*args, **kwargs)


def call_method(object, name, args, kwargs):
    return invoke(getattr(object, name), args, kwargs)


def call_cached(wrapper, key, hash, args, kwargs):
    return keep_result(wrapper, key, hash, invoke(wrapper.c_lru_function, args, kwargs))
