# Where there are no keyword arguments, `kwargs` may be None.


def construct(cls, new, args, kwargs):
    object = invoke(new, (cls, *args), kwargs)
    init = begin_init(cls, object, args, kwargs)
    if init is None:
        return object
    return finish_init(object, invoke(init, args, kwargs))


def initialize(object, init, args, kwargs):
    return finish_init(object, invoke(init, args, kwargs))


def __build_class__(func, name, /, *bases, metaclass=..., **kwargs):
    resolved = bases
    if not are_classes(bases):
        entries = []
        for base in bases:
            get_entries = missing
            if not is_class(base):
                get_entries = getattr(base, "__mro_entries__", missing)
            if get_entries is missing:
                entries.append(base)
                continue
            replacement = get_entries(bases)
            if not isinstance(replacement, tuple):
                raise TypeError("__mro_entries__ must return a tuple")
            entries.extend(replacement)
            resolved = missing
        if resolved is missing:
            resolved = tuple(entries)
    if metaclass is missing:
        metaclass = type(resolved[0]) if resolved else type
        metaclass = most_derived_metaclass(metaclass, resolved)
    elif is_class(metaclass):
        metaclass = most_derived_metaclass(metaclass, resolved)
    prepare = getattr(metaclass, "__prepare__", missing)
    if prepare is missing:
        namespace = {}
    else:
        namespace = prepare(name, resolved, **kwargs)
        check_namespace(metaclass, namespace)
    cell = run_body(func, namespace)
    if resolved is not bases:
        namespace["__orig_bases__"] = bases
    cls = metaclass(name, resolved, namespace, **kwargs)
    check_class_cell(cell, name, cls)
    return cls


def finish_class(cls, set_names, init_subclass, kwargs):
    for set_name, attribute, name in set_names:
        try:
            set_name(attribute, cls, name)
        except BaseException:
            fail_set_name(cls, attribute, name)
    if init_subclass is not None:
        invoke(init_subclass, (cls,), kwargs)
    return cls
