"""Stage 5, as a cluster lives through it: short logs, and followers who need what is gone (§7)."""

from .compaction import compaction

story, search = compaction.story, compaction.search
KEEP = {"snapshot_after": 5}


def _short(story, most=14):
    """Entries that are there when a server has just taken many, and the snapshot is due."""
    for id in story.ids:
        held = len(story.run.state.observe(id).log)
        story.must(held <= most, f"snapshot_after is 5, and the log of {id} holds {held} entries")


@story("logs stay short, and all have the same", 4, "§7", "TestSnapshotBasic3D", "OneSnapshot",
       "DSLabs 11: old commands garbage collected", gate=True)  # fmt: skip
def logs_stay_short(case):
    story = case.story(servers=3, **KEEP).elect()
    story.tell("forty requests", "repeat 40 { request x+=1 ; run 40 } ; run 300")
    story.tell("", "expect all holds x=40 ; expect same logs")
    _short(story)
    story.safe()


def _install(case, loss, crash):
    """Ten rounds in which one server misses more than the others keep; every third time that is
    the leader."""
    story = case.story(servers=3, **KEEP).elect()
    story.tell("", f"tune loss={loss}")
    count = 0
    for number in range(10):
        story.tell(
            "a server misses what the others then compact", "until leader within 20 timeouts"
        )
        leader, others = story.run.leader, story.others()
        away = leader if number % 3 == 2 else others[0]
        story.tell("", f"crash {away}" if crash else f"isolate {away}")
        story.tell("", "count ; until leader within 20 timeouts" if away != leader else
                   "count ; run 1500 ; until leader within 20 timeouts")  # fmt: skip
        for _ in range(9):
            count += 1
            story.ask(f"y={count}").tell("", "run 50")
        story.tell("it is back", f"restart {away} ; run 300" if crash else "heal ; run 300")
    story.tell("all is well again", "tune loss=0 ; run 600")
    story.agree("z=1", "each of three servers missed more than the others kept")
    _short(story)
    story.safe()


@story("who misses more than is kept gets a snapshot", 4, "§7", "TestSnapshotInstall3D",
       "SlowNodeRestore5")  # fmt: skip
def installs_for_a_laggard(case):
    _install(case, 0, crash=False)


@story(
    "also when messages get lost", 2, "§7", "TestSnapshotInstallUnreliable3D", "SnapshotUnreliable"
)
def installs_with_loss(case):
    _install(case, 0.1, crash=False)


@story("also when it crashed", 3, "§7", "TestSnapshotInstallCrash3D", "SnapshotRecover")
def installs_after_a_crash(case):
    _install(case, 0, crash=True)


@story("also when it crashed and messages get lost", 2, "§7", "TestSnapshotInstallUnCrash3D",
       "SnapshotUnreliableRecover")  # fmt: skip
def installs_after_a_crash_with_loss(case):
    _install(case, 0.1, crash=True)


@story(
    "all crash, again and again", 3, "§7", "TestSnapshotAllCrash3D", "SnapshotRecoverManyClients"
)
def all_crash_with_snapshots(case):
    story = case.story(servers=3, **KEEP).elect()
    for number in range(1, 6):
        for _ in range(6):
            story.ask("x+=1").tell("messages get lost, then all crash", "run 60")
        story.tell("", f"crash S1 S2 S3 ; restart S1 S2 S3 ; tune loss={0.1 * (number % 2)}")
        story.tell("", "until leader within 30 timeouts ; run 200")
        story.safe()
    story.tell("all is well again", "tune loss=0 ; run 600")
    story.agree("z=1", "all crashed five times")
    held = max(dict(story.run.state.observe(id).machine).get("x", 0) for id in story.ids)
    answered = sum(op.status == "ok" and op.call[1] == "x" for op in story.run.operations())
    story.must(held >= answered, f"x+=1 was answered {answered} times and x is {held}")


@story("a snapshot survives what is written after it", 3, "§7", "TestSnapshotInit3D")
def snapshot_survives(case):
    story = case.story(servers=3, **KEEP).elect()
    story.tell("enough for a snapshot", "repeat 12 { request x+=1 ; run 40 } ; run 200")
    story.tell("all crash; one request more; all crash again", "crash S1 S2 S3 ; restart S1 S2 S3")
    story.agree("y=1", "all crashed")
    story.tell("", "crash S1 S2 S3 ; restart S1 S2 S3")
    story.agree("y=2", "all crashed once more")
    story.tell("the snapshot is not lost", "expect all holds x=12")
    story.safe()


@story("clients see one copy while servers crash and compact", 4, "§7, §8, linearizability",
       "SnapshotUnreliableRecoverConcurrentPartition")  # fmt: skip
def clients_and_snapshots(case):
    story = case.story(servers=5, clients=3, loss=0.03, snapshot_after=3)
    for _ in range(8):
        for client in ("C1", "C2", "C3"):
            story.tell("clients count while servers crash, are cut off and compact",
                       f"request x+=1 at {client}")  # fmt: skip
        first, second = case.luck.shuffled(story.ids)[:2]
        story.tell("", f"run 200 ; reboot {first} ; isolate {second} ; run 600 ; heal ; run 100")
    story.safe()
    story.tell("all is well again", "tune loss=0 ; run 5000")
    told = sorted(story.answers())
    story.must(told == list(range(1, 25)), "three clients counted together, eight times each; "
               f"their answers must be 1 to 24, and are {told}")  # fmt: skip
    story.safe()


@search("in no order of events a server goes back", 4, "§7; Figure 3", "late InstallSnapshot")
def never_goes_back(case):
    case.search(servers=3, terms=1, requests=2, cut=False, acts=("S1",), late=["InstallSnapshot"],
                dials={"snapshot_after": 1})  # fmt: skip


@search("nor with a crash between any two writes", 4, "§7; Figure 3", "crash between each write")
def never_goes_back_torn(case):
    case.search(servers=3, terms=1, requests=1, crashes=1, disk=True, cut=False, acts=("S1", "S2"),
                asked=("S1",), dials={"snapshot_after": 1})  # fmt: skip
