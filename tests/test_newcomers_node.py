"""The lab of a node that somebody has just written: what its author sees at the first look, and
that nothing is there of which the node has nothing."""

import pytest
from browser import answer

import raftlab as rl
from raftlab.core import Observation
from raftlab.protocols.raft import RequestVote

pytestmark = pytest.mark.browser


class Echo(rl.Node):
    """The least there is: it says nothing of itself."""

    def on_request(self, request):
        self.broadcast(request.command)
        self.respond(request, "sent")


class HalfRaft(rl.Node):
    """Elections half done: nobody answers yet, and a vote is an error."""

    persistent = ("current_term", "voted_for")
    current_term = 0
    voted_for = None
    role = "follower"

    def start(self):
        self.set_timer("election", 150, 300)

    def on_timer(self, name):
        self.role, self.voted_for = "candidate", self.id
        self.current_term += 1
        self.broadcast(RequestVote(self.current_term, self.id, 0, 0))

    def on_message(self, src, message):
        raise NotImplementedError("part 2")

    def observe(self):
        return Observation(
            self.id, role=self.role, term=self.current_term, voted_for=self.voted_for
        )


def press(page, name):
    page.get_by_role("button", name=name, exact=True).first.click()


def seen(page, of):
    return [one for one in page.locator(of).all_inner_texts() if one]


def visible(page, of):
    return page.locator(f"{of}:visible").count()


def test_a_node_that_says_nothing_of_itself_is_a_named_circle_with_its_messages(open_stage):
    lab = rl.lab(Echo, servers=3)
    page = open_stage(lab)
    assert [node.get_attribute("aria-label") for node in page.locator(".rl-node").all()] == [
        "S1", "S2", "S3"]  # fmt: skip
    assert not visible(page, ".rl-logs") and not visible(page, ".rl-values")
    assert not visible(page, ".rl-safety") and not visible(page, ".rl-quorums")
    signs = " ".join(seen(page, ".rl-key li"))
    assert "message" in signs and "term" not in signs and "vote" not in signs
    lab.act("request", node="S1", text="x=1")
    answer(page, lab)
    assert page.locator(".rl-letters .rl-letter").count() == 2
    assert [one.split("→")[0] for one in seen(page, ".rl-next .rl-link")] == ["S1", "S1"]
    press(page, "Step ▶")
    assert page.locator(".rl-letters .rl-letter").count() == 1


def test_of_a_half_finished_raft_one_sees_what_it_has_and_where_it_stops(open_stage):
    lab = rl.lab(HalfRaft, servers=3, seed=1)
    page = open_stage(lab)
    assert visible(page, ".rl-values") == 1 and not visible(page, ".rl-logs")
    assert seen(page, ".rl-own thead th")[:4] == ["server", "role", "term", "voted for"]
    signs = " ".join(seen(page, ".rl-key li"))
    assert "follower" in signs and "candidate" in signs and "log entries" not in signs
    press(page, "Step ▶")
    assert visible(page, ".rl-node[aria-label^='S1, candidate, term 1']") == 1
    assert page.locator(".rl-letters .rl-letter").count() == 2
    press(page, "Step ▶")
    stops = "Here time stops: S2's on_message fails: NotImplementedError: part 2"
    assert page.locator(".rl-trouble").inner_text().startswith(stops)
    assert stops in page.locator(".rl-standing").inner_text()
    for tab in page.get_by_role("tab").all():
        tab.click()
        answer(page, lab)
    lab.act("crash", node="S1")
    answer(page, lab)
    assert visible(page, ".rl-node[aria-label^='S1, crashed']") == 1


def test_the_simplified_raft_has_all_that_raft_has(open_stage):
    lab = rl.lab("simplified", servers=3, seed=1)
    page = open_stage(lab)
    assert visible(page, ".rl-logs") == 1 and visible(page, ".rl-safety") == 1
    lab.run.run(400)
    lab.refresh()
    answer(page, lab)
    assert visible(page, ".rl-node[aria-label*='leader']") == 1
    assert visible(page, ".rl-node[aria-label*=', term ']") == 3
