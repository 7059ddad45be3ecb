"""A game loop: the tasklets get a few milliseconds of each frame, also those that never give way."""

import stackless

FRAME_BUDGET = 0.004  # seconds
LARGEST = 60_000


def patrol(name, steps):
    """A guard takes one step in each frame."""
    for _ in range(steps):
        positions[name] = positions.get(name, 0) + 1
        next_frame.receive()


def find_path():
    """Takes many frames, without a thought for the others."""
    length = 0
    for number in range(1, LARGEST):
        while number != 1:
            number = number // 2 if number % 2 == 0 else 3 * number + 1
            length += 1
    print(f"path found: {length:,} steps in all")


positions = {}
next_frame = stackless.channel()
next_frame.preference = 1  # the loop wakes all guards before they run
for name, steps in (("ann", 3), ("bob", 5)):
    stackless.tasklet(patrol)(name, steps)
path = stackless.tasklet(find_path)()

frames = interrupted = 0
while stackless.runcount > 1 or next_frame.balance < 0:
    tasklet = stackless.run(seconds=FRAME_BUDGET)
    if tasklet is not None:
        interrupted += 1
        tasklet.insert()
    # Here a game would draw and look at the keyboard.
    frames += 1
    while next_frame.balance < 0:
        next_frame.send(None)

print("positions:", positions)
print("more than one frame:", frames > 1 and interrupted > 1)
