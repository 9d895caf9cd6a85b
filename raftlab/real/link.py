"""A stretch of wire: hands on what comes to one port of 127.0.0.1 to another, both ways.

    python link.py PORT TARGET [DELAY]

What comes back it holds for DELAY ms, if that is given: then answers are late, and questions not.
A program of its own, because then it fails like one: paused, it delays everything (and loses
nothing); killed, it cuts; started again, it heals.
"""

import asyncio
import sys


async def _hand_on(reader, writer, delay=0):
    try:
        while data := await reader.read(65536):
            await asyncio.sleep(delay / 1000)
            writer.write(data)
            await writer.drain()
    except OSError:  # one end is gone, and the other shall hear of it
        pass
    finally:
        writer.close()


async def main(port, target, delay=0):
    async def connected(reader, writer):
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_hand_on(reader, there_writer), _hand_on(there_reader, writer, delay))

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
