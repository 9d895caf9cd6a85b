"""What clients of a real store saw, as the same list of `Op` that the model's clients leave.

    record = rl.real.Record(redis)
    record.ask("A", "x=5")          # → 5, and an Op with status "ok"
    rl.linearizable(record.ops)

The most important of it is the third outcome: a call that was not answered in time may have
happened, or may yet happen. Whoever writes "fail" there lies to whoever judges.
"""

import threading
import time

import redis

from ..core import Impossible, Op, read_command
from . import recorded
from .redis import Redis

# The store's own value of a key is text; a comparison and the change go together or not at all.
_CAS = """
local held = redis.call('GET', KEYS[1])
if held ~= (ARGV[2] or false) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1"""


class Record:
    """Asks the servers of a `Redis` in the name of clients, and writes down what each one saw.

    Times are ms since the record began, of this machine's monotonic clock: clients in other
    processes have other origins, so one record belongs to one process (threads are fine).
    """

    def __init__(self, servers, timeout=500):
        self.servers, self.timeout = servers, timeout
        self.began = time.monotonic()
        self.ops = []
        self._lock = threading.Lock()
        self._clients = {}

    def ask(self, client, command, server=None):
        """Let `client` carry out a command ("x=5", "x?", "x+=1", "x: 1->2", "del x") at a server,
        if none is named at the primary. Returns its result, or None for what nobody knows."""
        call = read_command(command) if isinstance(command, str) else command
        do = _DO.get(call[0])
        if do is None:
            raise Impossible(f"Redis is asked for {', '.join(_DO)} here, not for {call[0]!r}")
        invoked, completed = self._now(), None
        try:
            result = do(self._client(client, server or self.servers.primary), *call[1:])
            status, completed = "ok", self._now()
        except redis.TimeoutError:
            result, status = None, "unknown"
        except redis.ConnectionError as error:
            # Refused, so it was not even sent; else it may have been carried out before the end.
            refused = "refused" in str(error).lower()
            result, status = (str(error), "fail") if refused else (None, "unknown")
        except redis.ResponseError as error:  # it was understood, and turned down
            result, status = str(error), "fail"
        if status == "fail":
            completed = self._now()
        with self._lock:
            self.ops.append(Op(client, call, invoked, completed, result, status))
        return result if status == "ok" else None

    def _client(self, client, server):
        port = self.servers.process(server).port
        if (client, port) not in self._clients:
            self._clients[client, port] = self.servers.client(server, self.timeout)
        return self._clients[client, port]

    def _now(self):
        return round((time.monotonic() - self.began) * 1000, 3)


def stale_read(server=None):
    """What clients saw, as a list of `Op`, when `A` wrote x=1, the link to the replica was cut, `A`
    wrote x=2 at the primary, and `B` read x at the replica. `server` as in `Redis`; a stand-in that
    nobody has named has no replica, and shows what was recorded."""
    if recorded.is_needed(server):
        print(recorded.sentence(recorded.REPLICAS))
        return recorded.stale_read()
    with Redis(replicas=1, server=server) as redis:
        record = Record(redis)
        record.ask("A", "x=1")
        redis.wait(lambda: redis.client("S2").get("x") == "1", "S2 has x=1")
        redis.cut("S2")
        record.ask("A", "x=2")
        record.ask("B", "x?", server="S2")
        return record.ops


def _read(text):
    """Redis keeps text; numbers come back as numbers, as the model has them."""
    if text is None:
        return None
    return int(text) if text.lstrip("-").isdigit() else text


def _set(client, key, value):
    client.set(key, value)
    return value


def _cas(client, key, expected, value):
    return bool(client.eval(_CAS, 1, key, value, *([] if expected is None else [expected])))


_DO = {
    "set": _set,
    "get": lambda client, key: _read(client.get(key)),
    "add": lambda client, key, amount: client.incrby(key, amount),
    "del": lambda client, key: _read(client.getdel(key)),
    "cas": _cas,
}
