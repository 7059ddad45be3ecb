"""10,000 tasklets stand in a ring and pass a token on; each adds one to it."""

import stackless

TASKLETS = 10_000
ROUNDS = 5


def pass_on(left, right):
    for _ in range(ROUNDS):
        right.send(left.receive() + 1)


# The main tasklet closes the ring: it feeds the first channel from the last one.
first = left = stackless.channel()
for _ in range(TASKLETS):
    right = stackless.channel()
    stackless.tasklet(pass_on)(left, right)
    left = right
last = left

token = 0
for _ in range(ROUNDS):
    first.send(token)
    token = last.receive()

print(f"{TASKLETS:,} tasklets, {ROUNDS} rounds: the token counted {token:,} hops")
