def context_run(context, callable, /, *args, **kwargs):
    kind = begin_run(context, callable, args)
    try:
        if kind == 0:
            result = callable(*args, **kwargs)
        elif kind == 1:
            result = task_step(callable.c_step_task, callable.c_step_error)
        else:
            result = task_wakeup(task_of(callable), args[0])
    except BaseException:
        end_run(context)
        raise
    end_run(context)
    return result


def task_step(task, error):
    """What the C task does in a step, as far as it is to do with the coroutine; then the C task does the step
    itself, with something in the place of its coroutine that behaves as the coroutine has just done."""
    coroutine = begin_step(task)
    if task.c_task_must_cancel:
        if not isinstance(error, cancelled_error()):
            error = task._make_cancelled_error()
        task.c_task_must_cancel = False
    task.c_task_waits_for = None
    try:
        if error is None:
            result = coroutine.send(None)
        else:
            result = coroutine.throw(error)
    except StopIteration as stop:
        how = 1
        result = stop.value
    except BaseException as raised:
        how = 2
        result = raised
    else:
        how = 0
    end_step(task)
    return replay_step(task, how, result)


def task_wakeup(task, future):
    if is_c_future(future):
        return task_step(task, future_error(future))
    error = None
    try:
        future.result()
    except BaseException as raised:
        error = raised
    return task_step(task, error)
