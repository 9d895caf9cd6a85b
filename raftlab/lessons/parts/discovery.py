"""ZooKeeper, etcd, either or neither: six situations, and the rows of a sourced table that decide.

What the two guarantee stands in `ROWS`, each with its source; what somebody needs stands in
`SITUATIONS`, invented but concrete. The seed draws their numbers and their order, which decide
nothing: a choice is right for its reasons, so the rows that decide are asked for as well.
"""

from ..exercise import Exercise, Part, Wrong
from ..judging import Trouble, shown
from ..question import Luck
from ..situation import are

ZK, ETCD, EITHER, NEITHER = "ZooKeeper", "etcd", "either", "neither"
CHOICES = (ZK, ETCD, EITHER, NEITHER)
_ZK, _ED = "ZooKeeper documentation", "etcd documentation v3.6"

# Name of the row → (what ZooKeeper does, what etcd does, where that is said).
ROWS = {
    "reads": (
        "any server answers from its own copy, each client in order, perhaps outdated; `sync` "
        "before it helps, but asks no quorum",
        "linearizable; `serializable`, if asked for, is local and perhaps outdated",
        f"{_ZK}: consistency guarantees; {_ED}: API guarantees",
    ),
    "liveness": (
        "an ephemeral node, gone when its session expires; the cluster decides that",
        "a key on a lease, gone when nobody keeps the lease alive, from whatever connection",
        f"{_ZK}: sessions, ephemeral nodes; {_ED}: why etcd, API guarantees",
    ),
    "watch": (
        "fires once, or stays (since 3.6); while disconnected nothing is delivered, and between "
        "firing and watching anew changes are missed",
        "a stream from a revision, in order, nothing missed within the history; can be resumed",
        f"{_ZK}: watches; {_ED}: API guarantees",
    ),
    "history": (
        "none: the present value and version numbers",
        "old revisions can be read until they are compacted",
        f"{_ZK}: data model; {_ED}: data model",
    ),
    "transactions": (
        "several writes at once, on condition of versions",
        "if, then, else over values, versions, revisions and leases",
        f"{_ED}: why etcd",
    ),
    "election": (
        "a recipe: sequential ephemeral nodes, the smallest leads, each waits for the one before "
        "it; zxids grow (Curator has it for Java)",
        "in the server's API: the smallest create revision leads; revisions grow",
        f"{_ZK}: recipes; {_ED}: concurrency API, why etcd",
    ),
    "api": (
        "a protocol of its own on TCP; official clients for Java and C",
        "gRPC, and JSON over HTTP: `curl` will do",
        f"{_ZK}: bindings; {_ED}: why etcd",
    ),
    "size": (
        "kilobytes a node, 1 MB at most; everything in memory, hundreds of MB",
        "1.5 MiB a request, a few GB in all (2 GiB unless configured, 8 GiB suggested at most)",
        f"{_ZK}: data model; {_ED}: system limits, why etcd",
    ),
    "readers": (
        "observers: servers without a vote that answer reads, as many as are wanted",
        "every member answers serializable reads; a proxy can share the watches of many",
        f"{_ZK}: observers; {_ED}: API guarantees, gRPC proxy",
    ),
    "stack": (
        "part of HBase, Solr and Hadoop; Kafka did without it from 4.0 on (March 2025)",
        "part of Kubernetes",
        f"release notes of Kafka 4.0; {_ED}: why etcd",
    ),
    "majority": (
        "without a majority no service, unless a mode for reading only is switched on",
        "without a majority no writes, no linearizable reads, no new registrations",
        f"{_ZK}: internals; {_ED}: failures",
    ),
    "scope": (
        "a store to coordinate with: no health checks, no DNS, no balancing",
        "the same; for discovery from end to end its authors name Kubernetes, Consul, SmartStack",
        f"{_ED}: why etcd",
    ),
}


class Situation:
    """What somebody needs. `told` has gaps for the numbers that `draws` ranges over. `right` maps
    each right choice to (the rows that must be named, others that may be); `against` maps each
    other choice to the fact that speaks against it; `why` maps a row that decides to its reason."""

    def __init__(self, told, draws, right, against, why):
        self.told, self.draws, self.right = " ".join(told.split()), draws, right
        self.against, self.why = against, why

    def drawn(self, luck):
        numbers = [f"{step * luck.between(low, high):,}" for low, high, step in self.draws]
        return self.told.format(*numbers)


SITUATIONS = {
    "search": Situation(
        """{} HBase region servers and a Solr cloud in one data centre rest on a ZooKeeper ensemble
        of five, which a team operates day and night. {} Java services beside them, which use
        Curator already, are to find each other. The team will take on a new system only if it
        must. An instance may be missing from the list for a few seconds.""",
        ((3, 9, 10), (2, 6, 10)),
        {ZK: (["stack"], ["api", "election", "liveness"])},
        {
            ETCD: "HBase and Solr go on needing ZooKeeper, so this would be a second cluster to "
                  "operate, for nothing that is asked for here",
            EITHER: "both could do it, but one of them is there, is operated, and stays: the other "
                    "would come on top",
            NEITHER: "what would be new is whatever you bring: here a cluster is there, operated, "
                     "and known to the Java services",
        },
        {"stack": "HBase and Solr need ZooKeeper, so it is there and stays"},
    ),
    "audit": Situation(
        """A gateway in Go and {} sidecars in Python act on each change of the routing rules.
        Changes come in bursts, up to {} within a second. After a redeployment of up to {} minutes
        a sidecar must work through every change that it missed, in order, and log it for an
        audit. All rules together are 30 MB; changes are kept for a day.""",
        ((2, 8, 50), (2, 9, 10), (2, 5, 5)),
        {ETCD: (["watch", "history"], ["api", "size", "reads"])},
        {
            ZK: "its watches deliver nothing while the sidecar is away, and there is no history to "
                "read afterwards: what changed twice meanwhile it never learns",
            EITHER: "with ZooKeeper a sidecar that was away finds the present rules and not how "
                    "they came about",
            NEITHER: "a stream of changes from a revision on is just what is asked for, and 30 MB "
                     "are little",
        },
        {"watch": "every change must arrive, in order, also after a break",
         "history": "what a sidecar missed for minutes must still be there to be sent"},
    ),
    "web": Situation(
        """{} web instances in three regions live for minutes only; every caller keeps a list of
        them. A dead address costs a caller 50 ms, then it tries the next one. An empty list is an
        outage for customers. A list may be {} s old. When a region is cut off, callers in it must
        still find the instances in it. Health checks and DNS are wanted, too.""",
        ((4, 9, 500), (2, 6, 10)),
        {NEITHER: (["majority"], ["scope", "reads", "liveness"])},
        {
            ZK: "a region that is cut off from the majority gets no service from it, not even for "
                "the instances next door; a stale list would have done",
            ETCD: "a region without the majority can register nobody and confirm nothing; and "
                  "health checks and DNS are not in it, as its own authors say",
            EITHER: "both give up service where there is no majority, and here a stale answer is "
                    "far better than none: DNS, Kubernetes Services, Consul's agents or Eureka",
        },
        {"majority": "in a cut-off region callers need an answer more than the newest one"},
    ),
    "primary": Situation(
        """{} programs in PHP, Go and shell ask over HTTP which of three databases is the primary,
        about {} times a second altogether, and write where they are told. Once a new primary has
        been announced, nobody who asks may still be told the old one: its writes would be lost.
        Rather no answer for some seconds. Nothing else runs there yet.""",
        ((2, 6, 20), (2, 9, 10)),
        {ETCD: (["reads", "api"], ["majority", "election", "liveness", "transactions"])},
        {
            ZK: "its reads come from the copy of whatever server is asked, and may name the old "
                "primary; `sync` asks no quorum, a write before each read would be needed; and "
                "there is no HTTP",
            EITHER: "by default only one of them answers reads linearizably, and only that one "
                    "speaks HTTP",
            NEITHER: "one fresh answer, or none, is what consensus is for: no answer is "
                     "acceptable here, and an outdated one is not",
        },
        {"reads": "nobody may be told the old primary after the new one was announced",
         "api": "shell and PHP ask over HTTP"},
    ),
    "catalogue": Situation(
        """{} Java programs in {} data centres read a list of 200 kB, together some {} times a
        second. It changes once an hour, from one place. Whether a reader sees a change a second
        earlier or later is of no concern, but reads must stay local, and must not slow down
        writing. Neither system is there yet, and both can be operated.""",
        ((3, 9, 1000), (3, 6, 1), (2, 9, 1000)),
        {
            ZK: (["readers"], ["reads", "api", "watch"]),
            ETCD: (["reads"], ["readers", "watch"]),
            EITHER: (["reads", "readers"], ["api", "watch"]),
        },
        {
            NEITHER: "a small list, seldom written and much read, with a second's patience: both "
                     "were built for that, ZooKeeper with observers, etcd with serializable reads",
        },
        {"readers": "observers answer reads in each data centre and have no vote, so they do not "
                    "slow down writing",
         "reads": "a read that may be a second old can be local: serializable with etcd, and so by "
                  "default with ZooKeeper"},
    ),
    "dispatcher": Situation(
        """One of {} workers in Java and Go is to hand out jobs; if it dies, another must follow
        within {} s. The table of jobs refuses an order whose number is older than the last, so two
        at once do no harm. The provider offers both systems as a service, at the same price, and
        the team knows neither.""",
        ((2, 8, 3), (2, 4, 5)),
        {EITHER: (["election", "liveness"], ["api", "transactions"])},
        {
            ZK: "it would do, and nothing here says that etcd would not: both elect, both notice a "
                "dead holder, both give a number that grows. Then say so",
            ETCD: "it would do, and nothing here says that ZooKeeper would not: both elect, both "
                  "notice a dead holder, both give a number that grows. Then say so",
            NEITHER: "the table refuses old orders, but it elects nobody: who hands out, and who "
                     "follows in a few seconds, has to be agreed upon",
        },
        {"election": "both have one, and a number that grows with it",
         "liveness": "both notice a dead holder after a timeout: session or lease"},
    ),
}  # fmt: skip


def poses(seed):
    """The six situations with the numbers of this seed, in its order."""
    luck = Luck(seed, 0, "discovery")
    names = luck.shuffled(list(SITUATIONS))
    return [f"{name}: {SITUATIONS[name].drawn(luck)}" for name in names]


# -- judging ------------------------------------------------------------------------------


def _judge(given, seed):
    lost = [name for name in SITUATIONS if name not in given]
    new = [name for name in given if name not in SITUATIONS]
    slips = [f"{are(lost)} missing"] if lost else []
    slips += [f"the six are {', '.join(SITUATIONS)}, and {are(new)} none of them"] if new else []
    read = {}
    for name in SITUATIONS:
        if given.get(name, ...) is ...:
            continue
        try:
            read[name] = _read(name, given[name])
        except Trouble as slip:
            slips.append(str(slip))
    if slips:
        raise Trouble("; ".join(slips))
    waiting = [name for name in SITUATIONS if name not in read]
    if waiting:
        raise NotImplementedError(", ".join(waiting))
    parts = []
    for name, situation in SITUATIONS.items():
        choice, rows = read[name]
        parts += [_choice(name, situation, choice), _rows(name, situation, choice, rows)]
    return parts


def _read(name, answer):
    """(the choice, the rows) of an answer; Trouble if it is no such pair."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Trouble(
            f"{name}: answer with a choice and a list of rows, such as "
            f'("etcd", ["reads", "api"]), not {shown(answer)}'
        )
    choice, rows = answer
    if choice not in CHOICES:
        raise Trouble(f"{name}: the choice is {', '.join(CHOICES)}; not {shown(choice)}")
    rows = [rows] if isinstance(rows, str) else rows
    if not isinstance(rows, (list, tuple)) or any(row not in list(ROWS) for row in rows):
        raise Trouble(f"{name}: rows of the table are {', '.join(ROWS)}; not {shown(rows)}")
    return choice, rows


def _choice(name, situation, choice):
    told = ""
    if choice not in situation.right:
        told = f"{name}: not {choice}. {_sentence(situation.against[choice])}"
    return Part(f"{name}: the choice", 1, told)


def _rows(name, situation, choice, rows):
    """The rows that decide must be among those named; one that does not matter is forgiven."""
    what = f"{name}: the rows"
    if choice not in situation.right:
        return Part(what, 1, f"{name}: which rows decide, follows when the choice is right")
    needed, allowed = situation.right[choice]
    lost = [row for row in needed if row not in rows]
    if lost:
        named = ", ".join(f"“{row}”" for row in rows) or "nothing"
        told = f"{name}: {choice} is right, and you name {named}. Another row decides"
        return Part(what, 1, f"{told}: {situation.why[lost[0]]}")
    idle = [row for row in rows if row not in (*needed, *allowed)]
    if len(idle) > 1:
        told = " and ".join(f"“{row}”" for row in idle[:2])
        return Part(what, 1, f"{name}: {told} decide nothing here. Name what is asked for, and "
                             "leave out what both can do or nobody needs")  # fmt: skip
    return Part(what, 1)


def _sentence(text):
    return text[:1].upper() + text[1:]


RIGHT = {
    "search": (ZK, ["stack"]),
    "audit": (ETCD, ["watch", "history"]),
    "web": (NEITHER, ["majority", "scope"]),
    "primary": (ETCD, ["reads", "api"]),
    "catalogue": (ZK, ["readers"]),
    "dispatcher": (EITHER, ["election", "liveness"]),
}


def all_of(choice):
    return {name: (choice, rows) for name, (_, rows) in RIGHT.items()}


Exercise(
    id="discovery/choose",
    asks="ZooKeeper, etcd, either or neither? Choose, and name the rows of the table that decide.",
    starter="\n".join(["choices = {", *(f'    "{name}": ...,' for name in SITUATIONS), "}"]),
    hints=(
        "Write each as a pair: (\"etcd\", [\"reads\", \"api\"]). For each situation underline what "
        "is demanded, then look for the row that speaks of it; most rows speak of none.",
        "Three questions: what is there already? May an answer be old, or may there be none? Must "
        "every change arrive, or the latest state?",
        "One is decided by what is operated already, two by what only one of them offers, one by "
        "what neither can give where there is no majority; in one both do the same, and in one "
        "both will do for different reasons.",
    ),
    reference=RIGHT,
    wrong={
        "always etcd": Wrong(all_of(ETCD), "etcd is the younger one, and its own comparison, "
                                           "written by its authors as it says, favours it. That "
                                           "is no reason: what do these six need?"),
        "always ZooKeeper": Wrong(all_of(ZK), "ZooKeeper has the recipes and the years, but local "
                                              "reads and one-shot watches are what two of these "
                                              "six cannot live with"),
        "either": Wrong(all_of(EITHER), "both rest on consensus, but what a reader and a watcher "
                                        "are promised differs, and so does what is there already"),
        "all rows": Wrong({name: (choice, list(ROWS)) for name, (choice, _) in RIGHT.items()},
                          "all choices right, and every row named. Who names all reasons has "
                          "named none"),
        "the stack": Wrong({name: (choice, ["stack"]) for name, (choice, _) in RIGHT.items()},
                           "all choices right, but habit decides only one of them"),
        "consensus anyway": Wrong({**RIGHT, "web": (ETCD, ["reads"])},
                                  "five of six. For discovery alone, availability often beats "
                                  "consistency: a stale address is tried again, an empty list is "
                                  "an outage"),
    },
    judge=_judge,
    poses=poses,
    why="the same two questions each time: what is demanded, and which promise meets it. Consensus "
        "is the same inside; reads, watches, liveness, and what is operated already decide",
    read="13-raft-in-practice (reads), 16-what-leaders-are-for",
    minutes=25,
    misconceptions=("M14",),
)  # fmt: skip
