def generator_send(generator, value):
    return generator.send(value)


def generator_throw(generator, type, value=..., traceback=...):
    if value is missing:
        return generator.throw(type)
    if traceback is missing:
        return generator.throw(type, value)
    return generator.throw(type, value, traceback)


def unpacking_throw_to(generator, type, value=None, traceback=None):
    return throw_to(generator, type, value, traceback)


def unpacking_throw_through(generator, type, value=None, traceback=None):
    return throw_through(generator, type, value, traceback)


def call_close(generator):
    return generator.close()


def call_next(iterator):
    return next(iterator)


def generator_close(generator):
    awaited = begin_closing(generator)
    error = GeneratorExit
    if awaited is not None:
        try:
            close_awaited(awaited)
        except BaseException as raised:
            error = raised
        end_closing(generator)
    try:
        throw_here(generator, error)
    except (StopIteration, GeneratorExit):
        return None
    raise RuntimeError(kind_of(generator) + " ignored GeneratorExit")


def generator_throw_exit(generator, type, value, traceback):
    awaited = begin_closing(generator)
    error = None
    try:
        close_awaited(awaited)
    except BaseException as raised:
        error = raised
    end_closing(generator)
    if error is not None:
        return throw_here(generator, error)
    return throw_here(generator, type, value, traceback)


def close_awaited(awaited):
    close = None
    if is_generator(awaited):
        close = awaited.close
    else:
        try:
            close = awaited.close
        except AttributeError:
            pass
        except BaseException as error:
            write_unraisable(error, awaited)
    if close is not None:
        close()


def send_value(awaited, value):
    if value is None and not is_sendable(awaited):
        return next(awaited)
    return awaited.send(value)


def asend_send(asend, value):
    generator = asend.c_asend_generator
    value = begin_asend(asend, value)
    try:
        result = send_to(generator, value)
    except BaseException as error:
        end_asend(asend, error)
        raise
    return unwrap_asend(asend, result)


def asend_throw(asend, *args):
    if is_closed(asend):
        raise RuntimeError("cannot reuse already awaited __anext__()/asend()")
    try:
        result = throw_to(asend.c_asend_generator, *args)
    except BaseException as error:
        end_asend(asend, error)
        raise
    return unwrap_asend(asend, result)


def athrow_send(athrow, value):
    generator = athrow.c_athrow_generator
    args = athrow.c_athrow_args
    begins = begin_athrow(athrow, value)
    try:
        if not begins:
            result = send_to(generator, value)
        elif args is None:
            result = throw_through(generator, GeneratorExit)
        else:
            result = throw_through(generator, *args)
    except BaseException as error:
        if end_athrow(athrow, error, begins):
            raise
    else:
        return unwrap_athrow(athrow, result, begins)
    raise StopIteration


def athrow_throw(athrow, *args):
    if is_closed(athrow):
        raise RuntimeError("cannot reuse already awaited aclose()/athrow()")
    try:
        result = throw_to(athrow.c_athrow_generator, *args)
    except BaseException as error:
        if end_athrow_throw(athrow, error):
            raise
    else:
        return unwrap_athrow(athrow, result, False)
    raise StopIteration


def anext(iterator, default=...):
    awaited = special(iterator, "__anext__")()
    if default is missing:
        return awaited
    return new_anext(awaited, default)


def aiter(iterable):
    return check_async_iterator(special(iterable, "__aiter__")())


def anext_send(anext, value):
    awaited = awaitable_iterator(anext.c_anext_awaited)
    try:
        return send_value(awaited, value)
    except StopAsyncIteration:
        pass
    raise StopIteration(anext.c_anext_default)


def anext_throw(anext, *args):
    awaited = awaitable_iterator(anext.c_anext_awaited)
    try:
        return awaited.throw(*args)
    except StopAsyncIteration:
        pass
    raise StopIteration(anext.c_anext_default)


def async_generator_asend(generator, value):
    take_hook(generator)(generator)
    return generator.asend(value)


def async_generator_athrow(generator, *args):
    take_hook(generator)(generator)
    return generator.athrow(*args)


def async_generator_aclose(generator):
    take_hook(generator)(generator)
    return generator.aclose()
