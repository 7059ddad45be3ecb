"""redis-py with a Redis server of its own, on a Unix socket."""

import os
import subprocess
import tempfile
import threading
import time

import redis
from results import show

directory = tempfile.mkdtemp(dir="/tmp")
path = f"{directory}/socket"
server = subprocess.Popen(
    ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", directory], stdout=subprocess.DEVNULL
)
try:
    while not os.path.exists(path):
        time.sleep(0.01)
    client = redis.Redis(unix_socket_path=path, decode_responses=True)
    client.ping()
    show("set", (client.set("key", "value"), client.get("key"), client.get("missing")))
    with client.pipeline() as pipeline:
        for number in range(200):
            pipeline.zadd("scores", {f"member {number}": (number * 7919) % 1009})
        show("pipeline", pipeline.execute())
    show("range", client.zrange("scores", 0, 20, withscores=True))
    client.hset("hash", mapping={str(n): n * n for n in range(30)})
    show("scan", sorted(client.hscan_iter("hash")))
    show("script", client.register_script("return redis.call('incrby', KEYS[1], ARGV[1])")(keys=["n"], args=[5]))
    try:
        client.lpush("key", 1)
    except redis.ResponseError as error:
        show("error", error)
    subscription = client.pubsub(ignore_subscribe_messages=True)
    subscription.subscribe("news")
    subscription.get_message(timeout=10)

    def publish():
        for number in range(20):
            client.publish("news", number)

    thread = threading.Thread(target=publish)
    thread.start()
    messages = subscription.listen()
    show("messages", [next(messages)["data"] for _ in range(20)])
    thread.join()
    with client.lock("lock", timeout=10):
        show("locked", client.exists("lock"))
finally:
    server.terminate()
    server.wait()
    subprocess.run(["rm", "-r", directory], check=True)
