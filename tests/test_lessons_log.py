"""Predictions about logs, disks, quorums and reads, judged once more by other means.

`test_lessons.py` asks of every kind what holds for all; here each is held to what the paper says,
written down by hand from what the learner sees: the table and the words of the question.
"""

import re

import pytest

import raftlab as rl
from raftlab.core import majority
from raftlab.lessons.question import LETTERS

SEEDS = range(120)
FEWER = range(60)  # where each question runs a cluster for a second


def asked(kind, seeds=SEEDS):
    for seed in seeds:
        question = rl.predict(kind, seed)
        yield question, LETTERS.index(question.answer), dict_of(question)


def dict_of(question):
    """{the first column: the other cells} of the table that the learner sees."""
    return {str(row[0]): [str(cell) for cell in row[1:]] for row in question.facts[1]}


def terms(cell):
    return [] if cell == "empty" else [int(term) for term in cell.split()]


def named(text):
    return re.findall(r"S\d", text)


@pytest.mark.parametrize("kind, letters", [
    ("commit", "abcd"), ("logs", "abcd"), ("overwrite", "abcd"), ("split", "abcd"),
    ("read", "abcd"), ("restart", "abc"), ("size", "abc"),
])  # fmt: skip
def test_each_option_is_the_right_one_for_some_seed(kind, letters):
    answers = [rl.predict(kind, seed).answer for seed in FEWER]
    assert set(answers) >= set(letters)
    assert max(map(answers.count, letters)) < 0.6 * len(answers)


def test_two_kinds_do_not_share_the_letters_of_their_seeds():
    kinds = ("commit", "overwrite", "split", "read")
    answers = ["".join(rl.predict(kind, seed).answer for seed in range(12)) for kind in kinds]
    assert len(set(answers)) == len(kinds)


def test_an_entry_is_committed_by_counting_copies_of_the_own_term():
    """§5.3, §5.4.2: a majority, and an entry of the leader's term at its end."""
    for question, answer, table in asked("commit"):
        leader, term = re.match(r"(S\d) leads term (\d+)", question.ask).groups()
        before = int(re.search(r"commit index is (\d+)", question.ask)[1])
        index = int(re.search(r"Is entry (\d+)", question.ask)[1])
        logs = {name.split(",")[0]: terms(row[0]) for name, row in table.items()}
        for log in logs.values():
            assert log == logs[leader][: len(log)], "a follower holds the beginning"
        stored = sorted(map(len, logs.values()), reverse=True)[majority(len(logs)) - 1]
        counted = stored if logs[leader][stored - 1] == int(term) else before
        copies = sum(len(log) >= index for log in logs.values())
        expected = (
            0 if index <= before else 1 if index <= counted
            else 2 if copies >= majority(len(logs)) else 3
        )  # fmt: skip
        assert answer == expected, question.text


def test_a_log_changes_as_figure_2_says():
    """AppendEntries, receiver implementation 1 to 4."""
    seen = set()
    for question, answer, table in asked("logs"):
        term = int(re.search(r"of term (\d+) reaches", question.ask)[1])
        ((held_in, log),) = [row for name, row in table.items() if "leader" not in name]
        log = terms(log)
        prev, prev_term = re.search(r"index (\d+)(?: \(term (\d+)\))?", question.ask).groups()
        prev, new = int(prev), re.search(r"entries of terms ([\d ]+)", question.ask)
        new = terms(new[1]) if new else []
        ok = term >= int(held_in) and (prev == 0 or log[prev - 1 : prev] == [int(prev_term)])
        after = list(log)
        for at, entry in enumerate(new if ok else [], prev):
            if log[at : at + 1] != [entry]:
                after = log[:prev] + new
                break
        told = question.options[answer].text
        words = re.fullmatch(r"It (keeps its log|has) ([\d ]+|nothing), and answers (yes|no)", told)
        assert terms(words[2]) == after and (words[3] == "yes") == ok, question.text
        assert (words[1] == "has") == (after != log)
        seen.add((ok, after == log, len(after) < len(log), bool(new)))
    assert {(False, True, False, True), (True, True, False, False), (True, True, False, True),
            (True, False, False, True), (True, False, True, True)} <= seen  # fmt: skip


def test_a_wrong_log_is_the_log_of_a_rule_that_is_wrong():
    for question, _, _ in asked("logs"):
        texts = [option.text for option in question.options]
        assert all(text.startswith("It ") for text in texts) and len(set(texts)) == len(texts)
        assert not any(o.because.startswith(" ") or not o.because for o in question.options)


def test_nobody_holds_more_of_a_leaders_term_than_the_leader():
    """Else the question would be about logs that no run of Raft can leave."""
    for question, _, table in asked("logs"):
        ((term, mine),) = [row for name, row in table.items() if "leader" in name]
        ((_, theirs),) = [row for name, row in table.items() if "leader" not in name]
        assert terms(theirs).count(int(term)) <= terms(mine).count(int(term)), question.text


def test_an_entry_survives_if_whoever_can_win_has_it():
    """§5.4.1, counted out: a server gives its vote to a log as up to date as its own."""
    for question, answer, table in asked("overwrite", FEWER):
        logs = {id: terms(row[1]) for id, row in table.items()}
        up = [id for id, row in table.items() if row[0] == "running"]
        winners = [
            id for id in up
            if sum((logs[id][-1], len(logs[id])) >= (logs[v][-1], len(logs[v])) for v in up)
            >= majority(len(logs))
        ]  # fmt: skip
        have = {logs[id][1:2] == [2] for id in winners}
        expected = {(True,): 0, (False,): 1, (False, True): 2, (): 3}[tuple(sorted(have))]
        assert answer == expected, question.text


def test_the_run_shows_what_becomes_of_the_entry():
    for question, answer, _ in asked("overwrite", FEWER):
        run = question.run
        state = run.steps[question.ends].state
        if answer < 2:
            held = state[state.leader].log
            assert (held[2].term == 2) == (answer == 0), question.text
        assert bool(state.leader) == (answer != 3)


def test_a_disk_keeps_term_vote_and_log_and_a_pause_everything():
    """Figure 2, persistent and volatile state."""
    fields = {
        "its current term": "term", "its vote": "voted for", "its log": "entries",
        "its commit index": "commit index", "its copy of x": "x", "its role": "role",
    }  # fmt: skip
    initial = {"term": "0", "voted for": "nobody", "entries": "0", "commit index": "0",
               "x": "nothing", "role": "follower"}  # fmt: skip
    seen = set()
    for question, answer, table in asked("restart", FEWER):
        words, moment = re.search(
            r"What is (.+?) (at once|once it has heard)", question.ask
        ).groups()
        field = fields[words]
        before, now = table[field]
        lost = "empty one" in question.ask
        paused = "was paused" in question.ask
        if moment != "at once":
            expected = {"role": "follower"}.get(field, now)
        elif paused or not lost and field in ("term", "voted for", "entries"):
            expected = before
        else:
            expected = initial[field]
        told = question.options[answer].text
        told = {"empty": "0"}.get(told, told)
        got = re.sub(r"^(term|index) | entr(y|ies)$", "", told)
        assert got == expected, question.text
        seen.add((field, moment, paused, lost))
    assert len(seen) > 12


def test_a_side_leads_with_a_majority_or_out_of_ignorance():
    seen = set()
    for question, answer, table in asked("split", FEWER):
        old, count = re.match(r"(S\d) led (\d) servers", question.ask).groups()
        sides = [named(side) for side in table]
        strong = [len(side) >= majority(int(count)) for side in sides]
        writes = "committed" in question.ask
        found = (
            strong if writes else [s or old in side for s, side in zip(strong, sides, strict=True)]
        )
        expected = [[True, False], [False, True], [True, True], [False, False]].index(found)
        assert answer == expected, question.text
        seen.add((writes, answer))
    assert {(True, 0), (True, 1), (True, 3), (False, 2)} <= seen and (True, 2) not in seen


def test_a_cluster_survives_all_but_a_majority_of_its_servers():
    for question, answer, table in asked("size", FEWER):
        count, down = int(table["configured"][0]), int(table["down"][0])
        more = count - majority(count) - down
        assert question.options[answer].text == (f"{more} more" if more else "none")
        assert len(named(question.ask.split("Of this")[0])) == down


def test_a_read_is_stale_if_what_it_misses_was_committed():
    """Dissertation §6.4: judged by linearizability, which knows nothing of Raft."""
    seen = set()
    for question, answer, _ in asked("read", FEWER):
        run = question.run
        run.goto(question.ends)
        verdict = rl.linearizable(run)
        run.goto(question.asked_at)
        assert (answer == 1) == (verdict.ok is False), question.text
        copies = "own copy" in question.ask
        assert not (answer == 3 and copies) and not (answer in (0, 1) and not copies)
        seen.add((answer, copies))
    assert len(seen) == 5  # x=new both ways
