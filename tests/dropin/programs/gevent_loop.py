"""gevent: greenlets, queues, pools, sockets, monkey patches."""

from gevent import monkey

monkey.patch_all()

import queue
import socket
import subprocess
import threading
import time
import urllib.request

import gevent
import gevent.pool
import gevent.queue
from gevent.event import AsyncResult, Event
from gevent.pywsgi import WSGIServer
from results import show


def fibonacci(number):
    gevent.sleep(0)
    return number if number < 2 else sum(gevent.pool.Group().map(fibonacci, (number - 1, number - 2)))


show("tree of greenlets", fibonacci(12))

channel, results = gevent.queue.Queue(3), []


def consume():
    for item in channel:
        results.append(item)


workers = [gevent.spawn(consume) for _ in range(4)]
for item in range(200):
    channel.put(item)
for _ in workers:
    channel.put(StopIteration)
gevent.joinall(workers)
show("queue", sorted(results))

try:
    with gevent.Timeout(0.01):
        gevent.sleep(60)
except gevent.Timeout as error:
    show("timeout", type(error).__name__)

event, answer = Event(), AsyncResult()
gevent.spawn(lambda: (event.wait(), answer.set(42)))
event.set()
show("result", answer.get())
killed = gevent.spawn(gevent.sleep, 60)
gevent.sleep(0)
killed.kill()
show("killed", (killed.dead, killed.value))
failed = gevent.spawn(lambda: 1 / 0)
failed.join()
show("failed", repr(failed.exception))

thread_queue = queue.Queue()
threads = [threading.Thread(target=lambda n=n: (time.sleep(0.001), thread_queue.put(n))) for n in range(50)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
show("patched threads", sorted(thread_queue.queue))
show("patched subprocess", subprocess.check_output(["echo", "hello"]))


def application(environment, start_response):
    gevent.sleep(0.001)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environment["PATH_INFO"].encode()]


server = WSGIServer(("127.0.0.1", 0), application, log=None)
server.start()
fetch = lambda n: urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/{n}").read()
show("pages", gevent.pool.Pool(10).map(fetch, range(40)))
server.stop()
