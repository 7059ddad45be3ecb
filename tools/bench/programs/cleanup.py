"""try/finally and with: clean-up on every way out of a block."""

ROUNDS = 300_000


class Depth:
    def __init__(self):
        self.now = 0
        self.entered = 0

    def __enter__(self):
        self.now += 1
        self.entered += 1
        return self

    def __exit__(self, kind, error, traceback):
        self.now -= 1
        return kind is ValueError


def leave_each_way(depth, i):
    for _ in range(2):
        with depth:
            if i % 4 == 0:
                return 1
            if i % 4 == 1:
                break
            if i % 4 == 2:
                continue
            raise ValueError
    return 2


def nested_finally(i, log):
    try:
        try:
            if i & 1:
                return i
        finally:
            log[0] += 1
        log[1] += 1
    finally:
        log[2] += i & 3
    return 0


def run():
    depth = Depth()
    log = [0, 0, 0]
    total = 0
    for i in range(ROUNDS):
        total += leave_each_way(depth, i)
        total += nested_finally(i, log)
        total += nested_finally(i + 1, log)
    return [total, depth.now, depth.entered, log]
