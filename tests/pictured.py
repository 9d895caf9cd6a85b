"""Runs worth a picture, for the tests of the views."""

import raftlab as rl


class Counter(rl.Node):
    """A node as a learner writes it first: no role, no term, no log."""

    count = 0

    def on_message(self, src, message):
        self.count += 1

    def on_request(self, request):
        self.broadcast("hello")


def elected(servers=5, seed=7, **more):
    run = rl.cluster("raft", servers=servers, seed=seed, **more)
    run.until(lambda run: run.leader)
    return run


def troubled():
    """A leader, then a crash, a pause and a partition with messages under way."""
    run = elected(clients=1)
    run.run(100)
    run.request(("set", "x", 5))
    run.crash("S1")
    run.pause("S3")
    run.partition(["S1", "S2"])
    run.run(5)
    return run


def counted():
    run = rl.cluster(Counter, servers=3)
    run.request("go", to="S1")
    run.step(1)
    return run


def shapes_of(scene, kind):
    return [shape for mark in scene.marks for shape in mark.shapes if type(shape) is kind]
