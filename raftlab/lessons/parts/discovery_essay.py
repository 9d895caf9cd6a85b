"""A recommendation for service discovery in one's own words, and the rubric to mark it by."""

from ..rubric import Demand, Model, Rubric

_ZK, _ED = "ZooKeeper documentation", "etcd documentation"

Rubric(
    id="discovery/recommend",
    asks="Recommend to the team of one of the six situations what to use for service discovery: "
         "which, why, what would change your mind, and what happens when a part of it fails?",
    demands=(
        Demand("It names what is demanded before it names a product, and which demand decides.",
               "the decision table"),
        Demand("It says what happens where there is no majority, and which is worse here: an old "
               "answer or none.", f"{_ZK}: internals; {_ED}: failures"),
        Demand("It says how fresh a read is by default in what it recommends, and how to get "
               "another.", f"{_ZK}: consistency guarantees; {_ED}: API guarantees"),
        Demand("It says how an instance that dies leaves the list, after what time, and that one "
               "that stands still may act although it is no longer listed.",
               f"{_ZK}: sessions; {_ED}: why etcd, lock and lease"),
        Demand("It says how callers hear of changes, and what they may miss when their connection "
               "breaks.", f"{_ZK}: watches; {_ED}: API guarantees"),
        Demand("It names a cost or a limit (another cluster to operate, a JVM, data size), or what "
               "would change the choice.", f"{_ZK}: administrator's guide; {_ED}: system limits"),
    ),
    costs=(
        Demand("“There is consensus inside, so every read is fresh.”",
               f"{_ZK}: consistency guarantees", "It depends on whom the reader asks."),
        Demand("“A watch tells of every change.”", f"{_ZK}: watches",
               "That is so of a stream from a revision, not of a watch that fires once."),
        Demand("“It is better: its own comparison says so.”", f"{_ED}: why etcd",
               "That page is by its authors, and says that they favour it."),
        Demand("“Who holds the lease is healthy, and is the only one to act.”",
               f"{_ED}: why etcd, lock and lease",
               "A lease shows that something renews it; to exclude others takes a check where the "
               "deed arrives."),
    ),
    models=(
        Model("Good", """
            For `primary` what decides is this: after a new primary has been announced nobody may
            be told the old one, and no answer is better than a wrong one. So I recommend etcd. Its
            reads are linearizable unless one asks for less; a ZooKeeper server answers from its
            own copy, and even after a sync it may be outdated. PHP and shell have JSON over HTTP.
            The primary keeps a key on a lease of some seconds. If it dies, the key goes when the
            lease is over; if it only stands still, it may act for a moment although another is
            listed, so the databases must refuse writes with an older revision. Programs that keep
            the address watch the key from a revision and resume there after a break, so they miss
            nothing unless the history was compacted. On the smaller side of a cut nobody gets an
            answer; here that is right. The price is a cluster of three more machines with fast
            disks. If HBase ran there already, or reads could be a second old, I would ask again.
            """, "1 2 3 4 5 6"),
        Model("Middling", """
            I would take etcd for `primary`. The programs need the current primary, and etcd gives
            linearizable reads while ZooKeeper may return stale data from a follower. Each database
            registers under a lease, and if it crashes the lease expires after its time to live and
            the key is removed. Clients can use a watch, and with it they are told of every change.
            etcd is also easier to operate because it is a single binary without a JVM.
            """, "1 3 6"),
        Model("Poor", """
            I recommend etcd because it is newer and better than ZooKeeper, as the comparison in its
            documentation shows. It uses Raft, which guarantees strong consistency, so every read
            always returns the latest value. Service instances register themselves and hold a lease,
            so we know that they are healthy. It is used by Kubernetes, so it is proven in practice
            at a very large scale.
            """, "a c d"),
    ),
    misconceptions=("M13", "M14"),
)  # fmt: skip
