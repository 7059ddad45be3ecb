"""What the module copy has to know of generators, cells, frames, tasklets, channels.

It cannot use their reducers, which return a function that sets the state (the sixth item of PEP 307's tuple). What it
copies without us it copies as ever; the one exception is what a tasklet or a generator holds, see _Computation.
"""

import copy
import io
import pickle
import sys
import types
import weakref

import _stackless

PROTOCOL = 4  # as copy


def new_reducer():
    return pickle.Pickler(io.BytesIO(), PROTOCOL).reducer_override


def reduce(object):
    """What a pickler would be told about an object."""
    reduced = new_reducer()(object)
    return object.__reduce_ex__(PROTOCOL) if reduced is NotImplemented else reduced


def split(reduced):
    """(function, arguments, state, setter) of what a reducer of _stackless returns."""
    function, arguments, state, _, _, setter = *reduced, *[None] * (6 - len(reduced))
    return function, arguments, state, setter


def set_state(object, state, setter):
    if state is not None:
        object.__setstate__(state) if setter is None else setter(object, state)


# ---- copy.deepcopy()
#
# In the copy of a computation, functions share their variables as in the original: where its frames get copies of
# cells, so do the functions that were made in these frames. copy itself never copies a function. Whether it is about a
# computation is kept in its memo: what hidden functions use as a mark is in there then.

COMPUTATIONS = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType, types.FrameType)
FINALIZER = 5  # in the state of an asynchronous generator
MISSING = _stackless.load_missing()


def begin_computation(memo):
    if not is_computation(memo):
        for shared in (MISSING, sys.stdin, sys.stdout, sys.stderr):
            keep(shared, shared, memo)


def is_computation(memo):
    return id(MISSING) in memo


def keep(object, copied, memo):
    """Notes what has become of an object; the memo keeps it, so that its id stays its own."""
    memo[id(object)] = copied
    memo.setdefault(id(memo), []).append(object)
    return copied


def deepcopy_reduced(object, memo):
    """Of the types that have a reducer in _stackless."""
    if isinstance(object, COMPUTATIONS):
        begin_computation(memo)
    return deepcopy_by(reduce(object), object, memo)


def deepcopy_by(reduced, object, memo):
    function, arguments, state, setter = split(reduced)
    arguments = copy.deepcopy(arguments, memo)
    # The arguments of a generator may lead to it: then it has been copied on the way.
    if id(object) in memo:
        return memo[id(object)]
    copied = keep(object, function(*arguments), memo)
    if isinstance(object, types.AsyncGeneratorType) and len(state) > FINALIZER:
        # It is the event loop's.
        keep(state[FINALIZER], state[FINALIZER], memo)
    deepcopy_exceptions(state, memo)
    set_state(copied, copy.deepcopy(state, memo), setter)
    return copied


def deepcopy_exceptions(state, memo):
    """Copies the exceptions that a state holds in a way that copy would not: with traceback, cause and context."""
    if not is_computation(memo) or not isinstance(state, tuple):
        return
    for item in state:
        deepcopy_exceptions(item, memo)
        # Of what an exception refers to, there is a list.
        for exception in item if type(item) is list else (item,):
            if isinstance(exception, BaseException) and id(exception) not in memo:
                deepcopy_exception(exception, memo)


def deepcopy_exception(exception, memo):
    reducer = new_reducer()
    # Now it knows that it is about a computation.
    reducer(_stackless.tasklet())
    deepcopy_by(reducer(exception), exception, memo)


def deepcopy_tasklet(object, memo):
    """tasklet.__deepcopy__(), channel.__deepcopy__()"""
    begin_computation(memo)
    if is_main(object):
        return object
    reduced = object.__reduce_ex__(PROTOCOL)
    if isinstance(object, _stackless.channel):
        reduced = without_main(reduced[:3])
    is_plain = isinstance(reduced, tuple) and len(reduced) == 3
    return deepcopy_by(reduced, object, memo) if is_plain else copy._reconstruct(object, memo, *reduced)


def is_main(object):
    return isinstance(object, _stackless.tasklet) and object.is_main


def without_main(reduced):
    """A copy of a channel has no main tasklet waiting: there is only one."""
    *others, state = reduced
    queue = state[2]
    if queue is not None and any(map(is_main, queue)):
        state = (*state[:2], [tasklet for tasklet in queue if not tasklet.is_main] or None, *state[3:])
    return *others, state


def deepcopy_function(object, memo):
    """A function that was made in a frame is copied with the variables of the frame."""
    if not is_computation(memo) or object.__closure__ is None or "<locals>" not in object.__qualname__:
        return object
    closure = copy.deepcopy(object.__closure__, memo)
    if id(object) in memo:
        return memo[id(object)]
    name, defaults = object.__name__, object.__defaults__
    copied = keep(object, types.FunctionType(object.__code__, object.__globals__, name, defaults, closure), memo)
    for attribute in ("__qualname__", "__module__", "__doc__", "__annotations__"):
        setattr(copied, attribute, getattr(object, attribute))
    copied.__defaults__ = copy.deepcopy(defaults, memo)
    copied.__kwdefaults__ = copy.deepcopy(object.__kwdefaults__, memo)
    copied.__dict__.update(copy.deepcopy(object.__dict__, memo))
    return copied


def deepcopy_builtin(object, memo):
    """A method of a builtin type, bound to something that is copied."""
    owner = object.__self__
    if not is_computation(memo) or owner is None or isinstance(owner, (type, types.ModuleType)):
        return object
    copied = copy.deepcopy(owner, memo)
    return object if copied is owner else getattr(copied, object.__name__)


# ---- copy.copy()


def copy_reduced(object):
    """Of the types that have a reducer in _stackless: a new object with the same state."""
    function, arguments, state, setter = split(reduce(object))
    copied = function(*arguments)
    set_state(copied, state, setter)
    return copied


def copy_tasklet(tasklet):
    """tasklet.__copy__(): new frames, with the same values in them. It is paused wherever the original is."""
    reduced = tasklet.__reduce_ex__(PROTOCOL)
    state = reduced[2]
    if type(state) is not tuple or len(state) != 5:
        return copy._reconstruct(tasklet, None, *reduced)
    flags, tempval, nesting_level, frames, rest = state
    if rest is not None and "contexts" in rest:
        rest = rest | {"contexts": [context.copy() for context in rest["contexts"]]}
    copied = reduced[0](*reduced[1])
    frames = copy_frames(frames) if isinstance(frames, tuple) and tasklet.restorable else frames
    tempval = copied if tempval is tasklet else tempval
    copied.__setstate__((flags, tempval, nesting_level, frames, rest))
    return copied


def copy_frames(frames):
    """Those that are objects, generators among them, can belong to one tasklet only."""
    states = {}
    new = {}
    for frame in frames:
        if not isinstance(frame, tuple):
            function, arguments, states[id(frame)], setter = split(reduce(frame))
            new[id(frame)] = function(*arguments), setter

    def replaced(content):
        """The content of a frame: the values on its stack may be such generators."""
        return tuple(new[id(value)][0] if id(value) in new else value for value in content)

    for key, (frame, setter) in new.items():
        state = states[key]
        if isinstance(frame, types.FrameType):
            set_state(frame, replaced(state), setter)
        else:
            set_state(frame, (state[0], replaced(state[1]), *state[2:]), setter)
    return tuple(new[id(frame)][0] if id(frame) in new else replaced(frame) for frame in frames)


def copy_channel(channel):
    """channel.__copy__(): nobody waits at the new one, as a tasklet waits at one channel only."""
    *others, state = channel.__reduce_ex__(PROTOCOL)[:3]
    return copy._reconstruct(channel, None, *others, (*state[:2], None, *state[3:]))


# ---- Telling copy


def is_copied_without_us(cls, method):
    return (
        cls in copy._deepcopy_dispatch
        or cls is object
        # They copy what they stand for.
        or cls in weakref.ProxyTypes
        or hasattr(cls, method)
        or cls.__reduce__ is not object.__reduce__
        or cls.__reduce_ex__ is not object.__reduce_ex__
    )


def same(object, memo=None):
    return object


def install():
    """Adds to the tables of copy what is not in them."""
    from contextvars import ContextVar

    for cls in (types.ModuleType, ContextVar):
        copy._copy_dispatch[cls] = copy._deepcopy_dispatch[cls] = same
    for cls in _stackless.reducible_types():
        if not is_copied_without_us(cls, "__copy__"):
            copy._copy_dispatch[cls] = copy_reduced
        if not is_copied_without_us(cls, "__deepcopy__"):
            copy._deepcopy_dispatch[cls] = deepcopy_reduced
    copy._deepcopy_dispatch[types.FunctionType] = deepcopy_function
    copy._deepcopy_dispatch[types.BuiltinFunctionType] = deepcopy_builtin


install()
