"""Two ways to hear of a change, in one cluster: a watch that fires once, and a stream.

`Once` reads a key and asks to be told of its next change, in one step, as with ZooKeeper; the word
that comes says that there was a change and not which, so it reads and asks again. `Stream` asks for
every change behind a revision, as with etcd; the revision is here the index of the entry. Both ask
again after `look_again` ms in which nothing came, as one does who has lost a connection; a change
that a server sent into a cut is lost like any message.

This is no model of the two systems, only of this one difference, on Raft. Reads are answered from
the server's own copy (dissertation §6.4.1), and the history is never compacted.
"""

from ..core import Observation, value
from .raft import Raft
from .tenant import Program

KEY = "config"
LOOK = "look"


@value
class Changed:
    """Something has changed. Of what it is now, or was in between, this says nothing."""

    key: str


@value
class Changes:
    """All changes behind the revision that was asked for: ((revision, value), …)."""

    changes: tuple


class Watcher(Program):
    """Hears of the values of one key; `seen` are those it has heard of, in their order."""

    settings = ("retry_after", "look_again")
    replaces_values = True
    messages = (Changed, Changes)

    seen = ()
    look_again = 400  # ms
    says = {
        **Program.says,
        "sees": "sees that {0} is {1} now",
        "reads-again": "hears that {0} has changed, and not how: it reads it and watches again",
        "hears": "hears of the change to {1} at revision {0}",
    }

    def start(self):
        self.look()

    def look(self):
        self.set_timer(LOOK, self.look_again)
        if not self.waiting:
            self.tell(self.question())

    def on_timer(self, name):
        if name == LOOK:
            self.look()
        else:
            super().on_timer(name)

    def observe(self):
        return Observation(self.id, "watcher", fields={"seen": self.seen})


class Once(Watcher):
    """A watch that fires once: between the word and the next read it sees nothing."""

    replaces_values = True

    def question(self):
        return ("watch", KEY)

    def told(self, command, result):
        if result is not None and result != self.seen[-1:]:
            self.note("sees", KEY, result[0])
            self.seen = (*self.seen, *result)

    def on_mail(self, src, message):
        self.note("reads-again", KEY)
        self.look()


class Stream(Watcher):
    """A stream from a revision: what it missed it gets when it asks again."""

    replaces_values = True

    revision = 0  # of the last change it has heard of

    def question(self):
        return ("changes", KEY, self.revision)

    def told(self, command, result):
        self.take(result)

    def on_mail(self, src, message):
        self.take(message.changes)
        self.set_timer(LOOK, self.look_again)

    def take(self, changes):
        """A gap before what comes shows by its revision, and is asked for; what it has heard
        already it passes over."""
        for before, revision, new in changes:
            if before > self.revision:
                self.look()
            elif revision > self.revision:
                self.note("hears", revision, new)
                self.revision, self.seen = revision, (*self.seen, new)


class Watched(Raft):
    """A Raft cluster whose servers tell of changes of a key; beside it one watcher of each kind."""

    company = {"once": Once, "stream": Stream}
    replaces_values = True
    symmetric = False
    says = {
        "watch-set": "answers {0} from its own copy, and will tell it of the next change",
        "changes-told": "sends {0} the {1} changes behind revision {2}, and those to come",
        "watch-fires": "tells {0} that {1} has changed; its watch is used up",
    }

    watches = frozenset()  # whom to tell of the next change, once
    streams = frozenset()  # whom to tell of every change
    history = ()  # (revision before, revision, value) of each change that was executed

    def on_request(self, request):
        match request.command:
            case ("watch", key):
                self.note("watch-set", request.client)
                self.watches |= {request.client}
                held = self.machine.data.get(key)
                self.respond(request, None if held is None else (held,))
            case ("changes", _, revision):
                behind = tuple(one for one in self.history if one[1] > revision)
                self.note("changes-told", request.client, len(behind), revision)
                self.streams |= {request.client}
                self.respond(request, behind)
            case _:
                super().on_request(request)

    def apply_committed(self):
        before = self.last_applied
        super().apply_committed()
        for index in range(before + 1, self.last_applied + 1):
            match self.log[index].command:
                case ("set", key, new) if key == KEY:
                    self.tell_of(index, new)

    def tell_of(self, revision, new):
        last = self.history[-1][1] if self.history else 0
        change = (last, revision, new)
        self.history = (*self.history, change)
        for client in sorted(self.watches):
            self.note("watch-fires", client, KEY)
            self.send(client, Changed(KEY))
        self.watches = frozenset()
        for client in sorted(self.streams):
            self.send(client, Changes((change,)))
