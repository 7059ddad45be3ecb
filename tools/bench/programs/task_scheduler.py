"""Richards-like: a small operating system whose tasks pass packets to each other.

Sources make packets, a router sends each one to a disk by its contents, a disk holds it for some ticks, and a sink
adds up what arrives. The kernel always steps the ready task with the highest priority.
"""

PACKETS_PER_SOURCE = 18_000
SOURCES = 3
DISKS = 4
DISK_LATENCY = 3

SINK_ID = 1
ROUTER_ID = 2
FIRST_DISK_ID = 10
FIRST_SOURCE_ID = 20


class Packet:
    """A message; packets in a queue are linked to each other."""

    def __init__(self, origin, payload):
        self.origin = origin
        self.payload = payload
        self.next = None


class PacketQueue:
    def __init__(self):
        self.head = None
        self.tail = None
        self.length = 0

    def is_empty(self):
        return self.head is None

    def append(self, packet):
        packet.next = None
        if self.head is None:
            self.head = packet
        else:
            self.tail.next = packet
        self.tail = packet
        self.length += 1

    def pop(self):
        packet = self.head
        self.head = packet.next
        self.length -= 1
        return packet


class Task:
    def __init__(self, kernel, task_id, priority):
        self.kernel = kernel
        self.task_id = task_id
        self.priority = priority
        self.inbox = PacketQueue()
        self.steps = 0

    def is_ready(self):
        return not self.inbox.is_empty()

    def step(self):
        self.steps += 1
        self.handle(self.inbox.pop())

    def handle(self, packet):
        raise NotImplementedError


class Source(Task):
    """Makes its packets one at a time, whenever nothing more urgent is ready."""

    def __init__(self, kernel, task_id, priority, packets):
        super().__init__(kernel, task_id, priority)
        self.remaining = packets
        self.seed = task_id

    def is_ready(self):
        return self.remaining > 0

    def step(self):
        self.steps += 1
        self.remaining -= 1
        self.seed = (self.seed * 75 + 74) % 65537
        self.kernel.send(ROUTER_ID, Packet(self.task_id, self.seed))


class Router(Task):
    def __init__(self, kernel, task_id, priority, disks):
        super().__init__(kernel, task_id, priority)
        self.disks = disks

    def handle(self, packet):
        self.kernel.send(FIRST_DISK_ID + packet.payload % self.disks, packet)


class Disk(Task):
    """Holds a packet for some ticks before it passes it on."""

    def __init__(self, kernel, task_id, priority, latency):
        super().__init__(kernel, task_id, priority)
        self.latency = latency
        self.ticks_left = latency

    def step(self):
        if self.ticks_left > 0:
            self.steps += 1
            self.ticks_left -= 1
            return
        self.ticks_left = self.latency
        super().step()

    def handle(self, packet):
        packet.payload ^= self.task_id
        self.kernel.send(SINK_ID, packet)


class Sink(Task):
    def __init__(self, kernel, task_id, priority):
        super().__init__(kernel, task_id, priority)
        self.received = 0
        self.total = 0

    def handle(self, packet):
        self.received += 1
        self.total = (self.total * 31 + packet.payload + packet.origin) % 1_000_003


class Kernel:
    def __init__(self):
        self.tasks = {}
        self.by_priority = []
        self.packets_sent = 0

    def add(self, task):
        self.tasks[task.task_id] = task
        self.by_priority.append(task)
        self.by_priority.sort(key=lambda task: task.priority)

    def send(self, task_id, packet):
        self.packets_sent += 1
        self.tasks[task_id].inbox.append(packet)

    def next_ready(self):
        for task in self.by_priority:
            if task.is_ready():
                return task
        return None

    def run(self):
        while (task := self.next_ready()) is not None:
            task.step()


def run():
    kernel = Kernel()
    sink = Sink(kernel, SINK_ID, priority=0)
    kernel.add(sink)
    kernel.add(Router(kernel, ROUTER_ID, priority=1, disks=DISKS))
    for i in range(DISKS):
        kernel.add(Disk(kernel, FIRST_DISK_ID + i, priority=2 + i, latency=DISK_LATENCY))
    for i in range(SOURCES):
        kernel.add(Source(kernel, FIRST_SOURCE_ID + i, priority=20 + i, packets=PACKETS_PER_SOURCE))
    kernel.run()
    return [sink.received, sink.total, kernel.packets_sent]
