"""Eight accidents with a lock on Redis, caused on real servers and real processes: each with the
rule left out and, `mended`, with the rule.

    rl.real.accident("deletes-blindly")
    rl.real.accident("deletes-blindly", mended=True)

They have the names of the scenarios on the model: `rl.scenario("redis/deletes-blindly")`. No course
depends on luck or on the speed of the machine: what has to come first is waited for.
"""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import redis as library

from ..core import Impossible, nearest
from . import holder, recorded
from .clock import now
from .lock import Lease, Redlock, compare_and_delete, delete, set_nx_px
from .process import HERE, Process, home
from .redis import Redis
from .servers import Servers
from .store import ACCEPTED, Store

LONG = 60_000  # ms that no accident lasts
SHORT = 200  # ms
ROUND_TRIP = 300  # ms of a slow link


class Accident:
    """What happened: `lines` in words, `harm` whether it did harm, `facts` by name; printed, the
    words. `note` says so if it did not happen here."""

    def __init__(self, name, mended):
        self.name, self.mended, self.note = name, mended, ""
        self.lines, self.facts, self.harm = [], {}, None

    def say(self, line):
        self.lines.append(line)

    def ends(self, harm, line, **facts):
        self.harm, self.facts = harm, facts
        self.say(line)

    def __str__(self):
        head = f"{self.name}, {'with' if self.mended else 'without'} the rule:"
        told = [f"{number}. {line}" for number, line in enumerate(self.lines, 1)]
        return "\n".join([*([self.note] if self.note else []), head, *told])

    __repr__ = __str__


def accident(name, mended=False, server=None):
    """Let it happen, on servers of its own, which are gone afterwards: an `Accident`.

    `mended` keeps the rule that is left out otherwise. `server` as in `Redis`; a stand-in has no
    replicas, no disk and no clock of its own, so there those accidents are Impossible that need
    one, or, if nobody has named it, shown as recorded.
    """
    if name not in ACCIDENTS:
        slips = nearest(str(name), ACCIDENTS)
        meant = f"; did you mean {slips[0]}?" if slips else ""
        raise Impossible(f"no accident {name!r}; there are {', '.join(ACCIDENTS)}{meant}")
    seen = Accident(name, bool(mended))
    needs = recorded.ACCIDENTS.get((name, seen.mended))
    if needs and recorded.is_needed(server, needs):
        seen.lines, seen.harm, seen.facts = recorded.accident(name, seen.mended)
        seen.note = recorded.sentence(needs)
        return seen
    with ExitStack() as until:
        ACCIDENTS[name](seen, _Place(until, server))
    return seen


class _Place:
    """Where an accident happens: everything that it starts ends with it."""

    def __init__(self, until, server):
        self.until, self.server = until, server

    def redis(self, **options):
        return self.until.enter_context(Redis(server=self.server, **options))

    def store(self, fences):
        folder = self.until.enter_context(tempfile.TemporaryDirectory(dir=home()))
        store = Store(Path(folder) / "store.db", fences, False)
        self.until.callback(store.close)
        return store, Path(folder) / "store.db"

    def holder(self, id, redis, how, ttl, path=""):
        """A holder as a process; what it does is to be waited for."""
        port = redis.process("S1").port
        program = [sys.executable, "-P", "-m", holder.__name__, id, port, how, ttl, path]
        return self._ends(Process(id, lambda _, folder: program, ready=lambda _: True))

    def link(self, redis, delay):
        """A link to `redis` whose answers take `delay` ms longer."""
        target = redis.process("S1").port
        program = [sys.executable, "-P", HERE / "link.py"]
        return self._ends(Process("link", lambda port, folder: [*program, port, target, delay]))

    def _ends(self, process):
        self.until.callback(process.stop)
        return process

    wait = staticmethod(Servers.wait)


# -- the lock has no end ----------------------------------------------------------------------


def sets_then_expires(seen, place):
    """Redis documentation, SETNX: who dies between two commands leaves half of them."""
    redis = place.redis()
    client = redis.client()
    how = holder.ONE_STEP if seen.mended else holder.TWO_STEPS
    a = place.holder("A", redis, how, SHORT)
    place.wait(a.is_paused, "A has set the lock")
    a.kill()
    if seen.mended:
        seen.say(f"A: SET lock A NX PX {SHORT}. Then A is killed (kill -9).")
        place.wait(lambda: set_nx_px(client, "lock", "B", LONG), "B has the lock")
        seen.ends(False, "Its time runs out, and B has it.", ttl=SHORT, free_again=True)
        return
    seen.say("A: SETNX lock A. Before its EXPIRE lock it is killed (kill -9).")
    ttl = client.pttl("lock")
    seen.say(f"PTTL lock: {ttl}. The key has no end.")
    end, tries = now() + 2 * SHORT, []
    place.wait(
        lambda: tries.append(set_nx_px(client, "lock", "B", LONG)) or now() > end, "B gives up"
    )
    seen.ends(
        not any(tries), "B asks for it as long as it likes: nobody ever has it again.", ttl=ttl,
        free_again=any(tries),
    )  # fmt: skip


# -- the lock is another's --------------------------------------------------------------------


def deletes_blindly(seen, place):
    """Redis documentation: a client may delete a lock that another has got meanwhile."""
    client = place.redis().client()
    set_nx_px(client, "lock", "A", SHORT)
    seen.say(f"A has the lock for {SHORT} ms, and works for longer.")
    place.wait(lambda: set_nx_px(client, "lock", "B", LONG), "B has the lock")
    seen.say("Its time runs out, B has it, and works.")
    if seen.mended:
        ended = compare_and_delete(client, "lock", "A")
        seen.say(f"A is done and ends the lock if it is its own: {'done' if ended else 'refused'}.")
    else:
        ended = delete(client, "lock")
        seen.say("A is done: DEL lock. It ends the lock of B.")
    entered = set_nx_px(client, "lock", "C", LONG)
    told = "C gets it, and works beside B." if entered else "C does not get it: it is B's."
    seen.ends(entered, told, deleted=ended, entered=entered, owner=client.get("lock"))


# -- the holder is late -----------------------------------------------------------------------


def takes_any_token(seen, place):
    """Redis documentation: nobody may suppose that it holds a lock because it is alive."""
    redis = place.redis()
    store, path = place.store(fences=seen.mended)
    a = place.holder("A", redis, holder.LATE, SHORT, path)
    place.wait(a.is_paused, "A stands still")
    seen.say("A has the lock, looks at its clock once more, and stands still (SIGSTOP).")
    b = place.holder("B", redis, holder.PROMPT, SHORT, path)
    place.wait(lambda: not b.is_running(), "B has assigned the job")
    seen.say("The lock runs out. B has it, and assigns job 7 with token 2.")
    a.resume()
    place.wait(lambda: not a.is_running(), "A has assigned the job")
    rows = store.rows("SELECT by, epoch, verdict FROM assignments ORDER BY number")
    accepted = [by for by, _, verdict in rows if verdict == ACCEPTED]
    told = "and is refused" if accepted == ["B"] else "and is let in: job 7 runs twice"
    seen.ends(
        len(accepted) > 1, f"A goes on where it stood, assigns job 7 with token 1, {told}.",
        assignments=rows, accepted=accepted,
    )  # fmt: skip


# -- the replica knows nothing ----------------------------------------------------------------


def lost_with_the_primary(seen, place):
    """Redis documentation: replication is asynchronous, so a failover may lose a lock."""
    redis = place.redis(replicas=1)
    redis.cut("S2")
    a = Lease(redis.client("S1"), ttl=LONG, name="A")
    if seen.mended:
        seen.say(
            "What S1 answers does not reach its replica S2. A asks S1 for the lock, and WAIT 1."
        )
        a.acquire(replicas=1)
        seen.say("No replica has it: A gives it back.")
    else:
        a.acquire()
        seen.say(
            "What S1 answers does not reach its replica S2. A asks S1 for the lock, and has it."
        )
    redis.promote("S2")
    b = Lease(redis.client(), ttl=LONG, name="B")
    b.acquire()
    both = a.is_held() and b.is_held()
    told = "A and B both hold it" if both else "only B holds it"
    seen.ends(
        both, f"S2 is made the primary. B asks it for the lock, and has it: {told}.",
        holders=[lease.name for lease in (a, b) if lease.is_held()],
    )  # fmt: skip


def counts_in_redis(seen, place):
    """Seen on real servers: the counter of the tokens is lost with the lock."""
    redis = place.redis(replicas=1)
    redis.cut("S2")
    store, _ = place.store(fences=True)
    tokens = {}
    for id, server in (("A", "S1"), ("B", "S2")):
        if id == "B":
            redis.promote("S2")
            seen.say("S2, which has heard nothing of it, is made the primary.")
        client = redis.client(server)
        Lease(client, ttl=LONG, name=id).acquire()
        counted = None if seen.mended else client.incr("token")
        tokens[id], _ = store.enter(id, counted)
        where = "the store" if seen.mended else f"{server} by INCR"
        seen.say(f"{id} has the lock from {server}, and from {where} the token {tokens[id]}.")
    verdicts = {id: store.assign(holder.JOB, "W1", id, tokens[id]) for id in ("B", "A")}
    both = set(verdicts.values()) == {ACCEPTED}
    told = "The store, which refuses older tokens, lets in both: they are the same."
    seen.ends(both, told if both else "The store lets in B, and refuses A.", tokens=tokens,
              verdicts=verdicts)  # fmt: skip


# -- a majority says yes twice ---------------------------------------------------------------------


def redlock_restart(seen, place):
    """Redis documentation, Redlock: a server that restarts must not forget a lock in force."""
    disk = "always" if seen.mended else "none"
    servers = [place.redis(disk=disk) for _ in range(5)]
    a, b = _two_asked(seen, servers)
    servers[2].kill("S1")
    servers[2].restart("S1")
    known = servers[2].client().get("lock") == a.owner
    seen.say("The two are back. One of the three restarts, and "
             + ("knows what its disk holds." if known else "is empty."))  # fmt: skip
    b.acquire()
    both = a.is_held() and b.is_held()
    told = "A and B both hold it." if both else "it does not have it."
    seen.ends(both, f"B asks all for the lock: {b.granted} of 5, and so {told}",
              granted={"A": a.granted, "B": b.granted})  # fmt: skip


def redlock_clock_jumps(seen, place):
    """Redis documentation, Redlock: it rests on clocks that run about alike. M. Kleppmann, *How to
    do distributed locking* (2016): what helps is a number that the store checks."""
    servers = [place.redis(clock=number == 3) for number in range(1, 6)]
    store, _ = place.store(fences=seen.mended)
    a, b = _two_asked(seen, servers)
    tokens = {"A": store.enter("A")[0]}
    servers[2].jump("S1", 2 * LONG)
    seen.say("The two are back. The clock of one of the three jumps, and to it the lock is over.")
    b.acquire()
    both = a.is_held() and b.is_held()
    seen.say(f"B asks all for the lock: {b.granted} of 5, and so "
             + ("A and B both hold it." if both else "it does not have it."))  # fmt: skip
    tokens["B"] = store.enter("B")[0]
    verdicts = {id: store.assign(holder.JOB, "W1", id, tokens[id]) for id in ("B", "A")}
    harm = both and set(verdicts.values()) == {ACCEPTED}
    asks = "compares their tokens" if seen.mended else "asks for no token"
    told = "both assign the job" if harm else "B assigns the job, and A is refused"
    seen.ends(harm, f"The store {asks}: {told}.",
              granted={"A": a.granted, "B": b.granted}, verdicts=verdicts)  # fmt: skip


def _two_asked(seen, servers):
    """A has the lock of five from three of them, while two were down; and B, who is yet to ask."""
    for redis in servers[3:]:
        redis.kill("S1")
    a, b = (Redlock([redis.client() for redis in servers], ttl=LONG, name=id) for id in "AB")
    a.acquire()
    seen.say(f"Five servers, two of them down. A asks all for the lock: {a.granted} of 5, and so "
             "it has it.")  # fmt: skip
    for redis in servers[3:]:
        redis.restart("S1")
    return a, b


# -- the answer was late ----------------------------------------------------------------------


class CountsFromReply(Lease):
    """Lets the time of its lease run from the moment in which it hears that it has it."""

    def starts(self, asked, answered):
        return answered


def counts_from_reply(seen, place):
    """Redis has counted since it carried out the command: by then the lease has half gone."""
    redis = place.redis()
    port = place.link(redis, ROUND_TRIP).port
    # The library would introduce itself first, and wait for four answers.
    slow = library.Redis(port=port, decode_responses=True, retry=None, socket_timeout=5,
                         protocol=2, driver_info=None)  # fmt: skip
    slow.ping()  # so that the connection stands
    kind, ttl, margin = Lease if seen.mended else CountsFromReply, 2 * ROUND_TRIP, ROUND_TRIP / 4
    a = kind(slow, ttl=ttl, margin=margin, name="A")
    a.acquire()
    seen.say(f"A asks for the lock, for {ttl} ms. Redis grants it at once; the answer takes "
             f"{ROUND_TRIP} ms.")  # fmt: skip
    began = "from when it asked" if seen.mended else "from the answer"
    seen.say(f"A counts {began}: {ttl} ms less {margin:g} for clocks that differ.")
    client = redis.client()
    place.wait(lambda: set_nx_px(client, "lock", "B", LONG), "B has the lock")
    overlap = max(0, a.until - now())
    told = "A still believes to hold it" if overlap else "A has stopped before"
    seen.ends(overlap > 0, f"When Redis has counted {ttl} ms, B gets it: {told}.", overlap=overlap)


ACCIDENTS = {
    "sets-then-expires": sets_then_expires,
    "deletes-blindly": deletes_blindly,
    "takes-any-token": takes_any_token,
    "lost-with-the-primary": lost_with_the_primary,
    "counts-in-redis": counts_in_redis,
    "redlock-restart": redlock_restart,
    "redlock-clock-jumps": redlock_clock_jumps,
    "counts-from-reply": counts_from_reply,
}
