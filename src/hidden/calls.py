def call(callable, args, kwargs):
    return callable(*args, **kwargs)
