"""Two generals: both must attack, or neither, and messengers between them can be caught.

S1 sends a messenger with the plan, S2 one back with “I have it”, S1 one with “I have yours”, and
so on, `messengers` in all. At dawn, on clocks that agree, each attacks if every messenger that
should have come to it has come. Whoever sends the last messenger never learns whether it arrived.
So for any number of them there is a night after which exactly one attacks, and no cleverer rule
exists: of a shortest plan that always works the last messenger could be left out.

E. Akkoyunlu, K. Ekanadham, R. Huber, *Some constraints and tradeoffs in the design of network
communications* (SOSP 1975) describe it, with gangsters.

Each messenger can be sent in several `copies`; then it is less likely that none gets through.
"""

from ..core import Impossible, Node, Observation, value

DAWN = "dawn"
ATTACK, RETREAT = "attack", "retreat"


@value
class Messenger:
    number: int


class General(Node):
    settings = ("messengers", "dawn_after", "copies")
    persistent = ("heard", "decided")
    replaces_values = True
    properties = ("agreement",)
    bounds = {"servers": 2, "requests": 0, "terms": None, "by": "messages"}
    messages = (Messenger,)
    says = {
        "sends": "sends messenger {0} of {1}",
        "hears": "receives messenger {0}",
        "attacks": "attacks: every messenger it waits for has come",
        "retreats": "retreats: messenger {0} has not come",
    }

    heard = 0  # the number of the last messenger that came
    decided = None

    messengers = 2
    dawn_after = 1000  # ms
    copies = 1

    def __init__(self, id, members, **fields):
        super().__init__(id, members, **fields)
        if len(self.members) != 2:
            raise Impossible("there are two generals: servers=2")

    def start(self):
        self.set_timer(DAWN, self.dawn_after)
        if self.is_first():
            self.dispatch(1)

    def is_first(self):
        return self.id == self.members[0]

    def dispatch(self, number):
        if number <= self.messengers:
            self.note("sends", number, self.messengers)
            for _ in range(self.copies):
                self.send(self.peers[0], Messenger(number))

    def on_message(self, src, message):
        if message.number > self.heard:
            self.note("hears", message.number)
            self.heard = message.number
            self.dispatch(message.number + 1)

    def on_timer(self, name):
        """It is dawn."""
        if self.heard >= self.awaited():
            self.note("attacks")
            self.decided = ATTACK
        else:
            self.note("retreats", self.awaited())
            self.decided = RETREAT

    def awaited(self):
        """The last messenger that this general should receive; 0 if none is for it."""
        mine = 0 if self.is_first() else 1  # to S1 come the even ones
        return self.messengers if self.messengers % 2 == mine else self.messengers - 1

    def observe(self):
        heard = {"heard": self.heard} if self.decided is None else {}
        shown = {"decides": self.decided} if self.decided else {}
        return Observation(self.id, fields={**shown, **heard}, decided=self.decided)
