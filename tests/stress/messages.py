"""Threads, each with many tasklets, exchange messages over shared channels; none may get lost or be
received twice.

Half of the tasklets of a thread send, the others receive. Those that receive from a channel are all in
one thread; those that send to it are in all of them. The sender that is the last one to finish sends
each receiver a last message, so that it ends.
"""

import argparse
import sys
import threading
from array import array
from collections import Counter

import stackless

THE_END = None


class Carrier(Exception):
    """Brings a message as an exception."""


class Exchange:
    """The channels, and what is known of all threads."""

    def __init__(self, threads, tasklets, messages, channels):
        self.messages = messages
        self.senders = threads * (tasklets // 2)
        self.receivers = threads * (tasklets - tasklets // 2)
        self.channels = [self.make_channel(number) for number in range(threads * channels)]
        self.sending = self.senders  # how many of them have not finished
        self.lock = threading.Lock()  # guards `sending`
        self.received = []  # an array for each receiver

    @staticmethod
    def make_channel(number):
        """Each has another mixture of preference and schedule_all."""
        channel = stackless.channel()
        channel.preference = number % 3 - 1
        channel.schedule_all = number % 4 == 3
        return channel

    def channel_of_message(self, number):
        return self.channels[(number // self.senders + number) % len(self.channels)]

    def channel_of_receiver(self, receiver):
        """The receivers are numbered through all threads: each thread has one in turn."""
        return self.channels[receiver % len(self.channels)]

    # ---- What the tasklets run

    def send(self, sender, done):
        """The messages are numbered; a sender sends each one whose number leaves it as remainder."""
        for number in range(sender, self.messages, self.senders):
            self.send_one(self.channel_of_message(number), number)
        with self.lock:
            self.sending -= 1
            is_last = self.sending == 0
        if is_last:
            for receiver in range(self.receivers):
                self.channel_of_receiver(receiver).send(THE_END)
        done.send(None)

    @staticmethod
    def send_one(channel, number):
        way = number % 10
        if way == 0:
            channel.send_exception(Carrier, number)
        elif way == 1:
            channel.send_sequence([number])
        else:
            channel.send(number)

    def receive(self, receiver, done):
        received = array("q")
        self.received.append(received)
        channel = self.channel_of_receiver(receiver)
        receive_one = channel.receive if receiver % 2 == 0 else channel.__next__
        number = 0
        while number is not THE_END:
            try:
                number = receive_one()
            except Carrier as carrier:
                number = carrier.args[0]
            if number is not THE_END:
                received.append(number)
        done.send(None)

    # ---- The result

    def problems(self):
        """What was looked for, and what of it was found."""
        times = Counter(number for numbers in self.received for number in numbers)
        return {
            "messages lost": [number for number in range(self.messages) if number not in times],
            "messages received twice": [number for number in times if times[number] > 1],
            "messages never sent": [number for number in times if number not in range(self.messages)],
            "channels with tasklets left": [
                channel.balance for channel in self.channels if channel.balance != 0
            ],
        }


def run_thread(exchange, thread, threads, tasklets, all_ready):
    done = stackless.channel()
    for sender in range(thread, exchange.senders, threads):
        stackless.tasklet(exchange.send)(sender, done)
    for receiver in range(thread, exchange.receivers, threads):
        stackless.tasklet(exchange.receive)(receiver, done)
    all_ready.wait()
    # Meanwhile the other tasklets run, and when all of them wait, the thread does.
    for _ in range(tasklets):
        done.receive()


def main():
    parser = argparse.ArgumentParser(description="Exchange messages between threads.")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--tasklets", type=int, default=1000, help="of each thread, at least 2")
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many in all")
    parser.add_argument("--channels", type=int, default=3, help="of each thread, with receivers")
    options = parser.parse_args()

    sys.setswitchinterval(0.0001)
    exchange = Exchange(options.threads, options.tasklets, options.messages, options.channels)
    all_ready = threading.Barrier(options.threads)
    threads = [
        threading.Thread(
            target=run_thread,
            args=(exchange, number, options.threads, options.tasklets, all_ready),
        )
        for number in range(options.threads)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = exchange.problems()
    for what, those in found.items():
        print(f"{what}: {len(those)}", those[:20] or "")
    failed = sum(bool(those) for those in found.values())
    print(f"{len(found) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
