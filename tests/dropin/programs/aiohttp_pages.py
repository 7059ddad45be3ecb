"""aiohttp: a server and its clients in one event loop."""

import asyncio

import aiohttp
from aiohttp import web
from results import show


async def echo(request):
    return web.json_response(
        {"method": request.method, "name": request.match_info["name"], "body": await request.text()}
    )


async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)
    for number in range(50):
        await response.write(f"{number}\n".encode())
        await asyncio.sleep(0)
    return response


async def talk(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data[::-1])
    return socket


@web.middleware
async def tag(request, handler):
    response = await handler(request)
    if not response.prepared:
        response.headers["X-Tag"] = "tagged"
    return response


async def main():
    application = web.Application(middlewares=[tag])
    application.add_routes([web.route("*", "/echo/{name}", echo), web.get("/stream", stream), web.get("/talk", talk)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    async with aiohttp.ClientSession() as session:

        async def fetch(number):
            async with session.post(f"{base}/echo/{number}", data=f"body {number}") as response:
                return response.status, response.headers["X-Tag"], await response.json()

        for result in await asyncio.gather(*map(fetch, range(100))):
            show("echo", result)
        async with session.get(f"{base}/stream") as response:
            show("stream", [line async for line in response.content])
        async with session.ws_connect(f"{base}/talk") as socket:
            for word in ("hen", "farmer"):
                await socket.send_str(word)
                show("socket", (await socket.receive()).data)
        async with session.get(f"{base}/missing") as response:
            show("missing", (response.status, await response.text()))
    await runner.cleanup()


asyncio.run(main())
