"""A database with three copies, of which the cluster chooses the primary.

The cluster keeps the lease "primary" and nothing else: the data are D1's, D2's and D3's affair, as
in most databases that have their primary chosen by etcd or ZooKeeper. So the right one leads, and
yet all depends on how the data follow. Three rules see to that, each with the lease's number as
the *epoch*: a copy refuses a primary of an older epoch; a primary answers when a majority of the
copies has what it answers; a new primary first asks a majority what they have.

Whoever has read about Raft will have met all three. That is no accident.
"""

from ..core import NotLeader, Observation, Refused, execute, majority, rule, value, write_command
from .composed import protocol
from .tenant import Tenant


@value
class Announce:
    """I am the primary of this epoch. What do you have?"""

    epoch: int


@value
class State:
    """What I have, by whom and how manyeth: `version` is (epoch, number)."""

    epoch: int
    version: tuple
    data: tuple  # of (key, value)


@value
class Replicate:
    epoch: int
    version: tuple
    data: tuple  # of (key, value)


@value
class Stored:
    epoch: int
    version: tuple


@value
class Denied:
    """There is a newer epoch."""

    epoch: int
    newest: int


class Database(Tenant):
    """One copy. The data travel whole, with their version: it is a small database."""

    persistent = ("serial", "data", "version", "epoch", "done")
    replaces_values = True
    messages = (Announce, State, Replicate, Stored, Denied)
    words = {"term": "epoch"}
    says = {
        **Tenant.says,
        "announces": "announces epoch {0} and asks the other copies what they have",
        "adopts": "takes over what {0} has, version {1}: it is newer than its own",
        "is-ready": "knows what a majority has, and begins to serve",
        "takes": "does {0}, and sends the data, now version {1}, to the other copies",
        "copies": "copies the data of {0}, version {1}",
        "denies": "refuses {0}: epoch {1} is over, this is {2}",
        "answers": "answers {0}: {1} of {2} copies have it",
        "is-denied": "hears of epoch {0}: it is the primary no more",
        "redirects": "is not the primary and sends the client away",
    }

    office, role_in_office = "primary", "primary"
    copies = ("D1", "D2", "D3")
    data = {}
    version = (0, 0)  # (epoch, number) of the last change
    epoch = 0  # the newest that this copy has heard of; never falls
    done = ()  # "x=1@D1/3" for each answer of D1 as primary of epoch 3: for those who judge
    jobs = ()  # what the world has asked for; the first is under way if it has a version
    under_way = None  # (the request, its result, the version of the data after it)
    stored_by = frozenset()  # who has the data of that version
    heard = frozenset()  # who has told the new primary what it has

    def start(self):
        self.apply_for_it()

    # -- rules --

    @rule("epochs")
    def admits(self, epoch):
        """Another primary has been chosen since an older epoch: its word is over."""
        return epoch >= self.epoch

    @rule("epochs")
    def may_answer(self):
        """What a majority has, the next primary will hear of when it asks a majority."""
        return len(self.stored_by) >= majority(len(self.copies))

    @rule("epochs")
    def is_ready(self):
        """Its own copy may lack what its predecessor has answered; one of a majority has it."""
        return len(self.heard) >= majority(len(self.copies))

    # -- the primary --

    def take_office(self):
        self.epoch = self.token
        self.heard = frozenset((self.id,))
        self.note("announces", self.epoch)
        self.to_others(Announce(self.epoch))
        self.serve()

    def leave_office(self):
        """What others may have is in doubt: no answer. What nobody has will not be done."""
        waiting, self.jobs, self.under_way = self.jobs, (), None
        for request in waiting:
            self.respond(request, Refused("the primary was deposed"))

    def on_request(self, request):
        if self.token is None:
            self.note("redirects")
            self.respond(request, NotLeader(None))
        else:
            self.jobs = (*self.jobs, request)
            self.serve()

    def serve(self):
        """The next request, if this primary knows what it may know, and is done with the last."""
        if not self.jobs or self.under_way or not self.is_ready():
            return
        request, self.jobs = self.jobs[0], self.jobs[1:]
        self.data, result = execute(self.data, request.command)
        self.version = (self.epoch, self.version[1] + 1)
        self.under_way, self.stored_by = (request, result), frozenset((self.id,))
        self.note("takes", write_command(request.command), self.version)
        self.to_others(Replicate(self.epoch, self.version, (*self.data.items(),)))
        self.answer_if_stored()

    def answer_if_stored(self):
        if self.under_way and self.may_answer():
            (request, result), self.under_way = self.under_way, None
            told = write_command(request.command)
            self.note("answers", told, len(self.stored_by), len(self.copies))
            self.done = (*self.done, f"{told}@{self.id}/{self.token}")
            self.respond(request, result)
            self.serve()

    def to_others(self, message):
        for copy in self.copies:
            if copy != self.id:
                self.send(copy, message)

    # -- messages --

    def on_mail(self, src, message):
        match message:
            case Announce() | Replicate():
                self.on_word_of_primary(src, message)
            case State(epoch, version, data) if epoch == self.token and not self.is_ready():
                self.heard |= {src}
                if version > self.version:
                    self.note("adopts", src, version)
                    self.version, self.data = version, dict(data)
                if self.is_ready():
                    self.note("is-ready")
                    self.serve()
            case Stored(epoch, version) if (epoch, version) == (self.token, self.version):
                self.stored_by |= {src}
                self.answer_if_stored()
            case Denied(epoch, newest) if epoch == self.token:
                self.note("is-denied", newest)
                self.depose(newest)

    def on_word_of_primary(self, src, message):
        if not self.admits(message.epoch):
            self.note("denies", src, message.epoch, self.epoch)
            self.send(src, Denied(message.epoch, self.epoch))
            return
        if self.token is not None and message.epoch > self.token:
            self.note("is-denied", message.epoch)
            self.depose(message.epoch)
        self.epoch = max(self.epoch, message.epoch)
        if type(message) is Announce:
            self.send(src, State(message.epoch, self.version, (*self.data.items(),)))
        else:
            self.note("copies", src, message.version)
            self.version, self.data = message.version, dict(message.data)
            self.send(src, Stored(message.epoch, message.version))

    def depose(self, epoch):
        self.epoch = max(self.epoch, epoch)
        self.lose_office()
        self.set_timer("again", self.again_after)

    def observe(self):
        return Observation(
            self.id, self.role_in_office if self.token is not None else "copy",
            term=self.epoch or None, machine=self.data,
            fields={"version": ".".join(map(str, self.version)), "done": self.done},
        )  # fmt: skip


class Primary(protocol("raft+leases")):
    """A cluster that chooses the primary of a database with three copies."""

    company = {"D1": Database, "D2": Database, "D3": Database}
    replaces_values = True
    symmetric = False
    properties = (*protocol("raft").properties, "no_stale_deed")
    bounds = {
        "by": "messages", "duplicates": False, "servers": 1, "terms": 2, "acts": ("S1",),
        "asked": ("D1", "D2", "D3"), "requests": [("set", "x", 1), ("get", "x")],
    }  # fmt: skip


class AnswersAlone:
    """Answers as soon as it has done what was asked; the copies hear of it later."""

    of = Database
    breaks = "linearizability"
    source = "asynchronous replication, the default of many databases; GitHub, October 2018"
    bounds = Primary.bounds

    def may_answer(self):
        return True


class StartsWithWhatItHas:
    """Serves as a new primary without having asked what the other copies have."""

    of = Database
    breaks = "linearizability"
    source = "a copy is promoted that lags behind"
    bounds = Primary.bounds

    def is_ready(self):
        return True


class ObeysOldPrimaries:
    """Copies what a primary of an older epoch sends, too."""

    of = Database
    breaks = "no_stale_deed"
    source = "replication without an epoch"
    bounds = Primary.bounds

    def admits(self, epoch):
        return True


BREAKS = {
    "answers-alone": AnswersAlone,
    "starts-with-what-it-has": StartsWithWhatItHas,
    "obeys-old-primaries": ObeysOldPrimaries,
}
