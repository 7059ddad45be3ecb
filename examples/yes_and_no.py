"""A channel carries the object itself: two tasklets are sent the same list, and append to it."""

import stackless


def answer(channel, word):
    answers = channel.receive()
    answers.append(word)


channel = stackless.channel()
stackless.tasklet(answer)(channel, "yes")
stackless.tasklet(answer)(channel, "no")

answers = []
channel.send(answers)
channel.send(answers)
print(answers)
