"""Which came first? It does not matter: the one that comes first waits for the other."""

import stackless


def chicken(channel):
    channel.send("cluck")


def egg(channel):
    print(channel.receive())


channel = stackless.channel()
stackless.tasklet(chicken)(channel)
stackless.tasklet(egg)(channel)
stackless.run()
