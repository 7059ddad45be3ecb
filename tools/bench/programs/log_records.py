"""logging: a tree of loggers with handlers, filters and formatters; most of what is said is not written."""

import io
import logging

MESSAGES = 10_000


class OnlyEven(logging.Filter):
    def filter(self, record):
        return record.args[0] % 2 == 0


def make_manager(stream):
    root = logging.RootLogger(logging.WARNING)
    manager = logging.Manager(root)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(funcName)s:%(message)s"))
    root.addHandler(handler)
    quiet = logging.StreamHandler(stream)
    quiet.setLevel(logging.ERROR)
    quiet.addFilter(OnlyEven())
    quiet.setFormatter(logging.Formatter("{levelname} {message}", style="{"))
    manager.getLogger("service").addHandler(quiet)
    return manager


def say(logger, number):
    logger.debug("nobody sees %d", number)
    logger.debug("nor %d", number)
    logger.info("nor %d", number)
    logger.warning("number %d of %s", number, logger.name)
    if number % 10 == 0:
        logger.error("bad number %d", number)


def run():
    stream = io.StringIO()
    manager = make_manager(stream)
    loggers = [manager.getLogger(name) for name in ("service", "service.storage", "service.storage.disk", "other")]
    for number in range(MESSAGES):
        say(loggers[number % len(loggers)], number)
    text = stream.getvalue()
    return [len(text), text.count("\n")]
