"""A stand-in where no Redis server can be had: fakeredis behind a port, in a process of its own.

    python standin.py PORT

It is no Redis: nothing is replicated or kept on disk. What a lock needs (SET NX PX, Lua, expiry) it
does, and a process it is, so that it can be paused and killed.
"""

import sys

from fakeredis import TcpFakeServer

if __name__ == "__main__":
    TcpFakeServer.allow_reuse_address = True
    TcpFakeServer(("127.0.0.1", int(sys.argv[1])), server_type="redis").serve_forever()
