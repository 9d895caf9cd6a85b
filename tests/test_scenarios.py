"""The catalog of scenarios: each file is played, compared with what it says, and opens by name."""

import re
from inspect import signature

import pytest

import raftlab as rl
from raftlab import scenarios
from raftlab.core import Impossible
from raftlab.protocols.raft import Raft
from raftlab.scenarios import catalog, find, played, text_of
from raftlab.sim.scenario import difference, read, renewed
from raftlab.sim.scenario_lines import conditions

# MIT 6.5840, Lab 3, parts A to D, by the names of its tests.
MIT = """
InitialElection3A ReElection3A ManyElections3A
BasicAgree3B RPCBytes3B FollowerFailure3B LeaderFailure3B FailAgree3B FailNoAgree3B
ConcurrentStarts3B Rejoin3B Backup3B Count3B
Persist13C Persist23C Persist33C Figure83C UnreliableAgree3C Figure8Unreliable3C ReliableChurn3C
UnreliableChurn3C
SnapshotBasic3D SnapshotInstall3D SnapshotInstallUnreliable3D SnapshotInstallCrash3D
SnapshotInstallUnCrash3D SnapshotAllCrash3D SnapshotInit3D
""".split()

SMALL = """\
# A title.
# watch: nothing much.
cluster raft servers=3 seed=1

elect S1
----
S1     leader    t1            log 1  commit 1
S2 S3  follower  t1  voted S1  log 1
expect safe
"""


# -- each file ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", catalog())
def test_a_scenario_is_as_it_is_written(name):
    """Golden lines and expectations: whoever renews them can say why they changed."""
    found = find(name)
    assert difference(found, played(found)) == ""


@pytest.mark.parametrize("name", catalog())
def test_a_scenario_is_a_lesson(name):
    found = find(name)
    assert re.fullmatch(r"([a-z]+/)?[a-z0-9]+(-[a-z0-9]+)*", name)
    assert len(found.title) > 30 and found.title[0].isupper() and found.title[-1] in ".)"
    assert found.watch[-1] in ".?)", "it ends in the middle of a sentence"
    assert any(block.claims for block in found.blocks), "it expects nothing"
    assert all(block.lines is not None for block in found.blocks)
    assert any(verb == "begin" for block in found.blocks for _, verb in block.verbs)
    written = [row for row in found.text.splitlines() if row[:1] in "#cefilprsu"]
    assert all(len(row) <= 100 for row in written if not row.startswith("in flight")), "too long"


@pytest.mark.parametrize("name", catalog())
def test_a_change_of_any_server_shows_in_the_lines(name):
    """Whoever is in another condition than when lines were last shown has a line."""
    found = find(name)
    done = played(found)
    before = {}
    for mark, lines in zip(done.marks, done.lines, strict=True):
        now = conditions(done.run.steps[mark].state)
        shown = {id for line in lines for id in line.partition("  ")[0].split()}
        assert {id for id in now if now[id] != before.get(id)} <= shown
        before = now


def test_no_two_teach_the_same():
    titles = [found.title for found in catalog().values()]
    aliases = [alias for found in catalog().values() for alias in found.also]
    assert len(set(titles)) == len(titles) and len(set(aliases)) == len(aliases)
    assert len(catalog()) >= 40
    assert not set(aliases) & set(catalog())


@pytest.mark.parametrize("test", MIT)
def test_each_situation_of_the_mit_lab_is_there_by_its_name(test):
    run = rl.scenario(f"Test{test}")
    assert run.scenario in catalog().values() and run.verdicts == ()


@pytest.mark.parametrize("right, wrong", [
    ("vote-on-disk", "forgets-its-vote"),
    ("split-vote", "wins-with-half"),
    ("late-message", "always-truncates"),
    ("figure-8", "commits-old-terms"),
    ("bug-of-2015-mended", "changes-before-own-commit"),
])  # fmt: skip
def test_the_same_schedule_is_fatal_where_the_rule_is_broken(right, wrong):
    """And what the file expects of the right protocol is not required of another."""
    protocol = find(right).about["protocol"]
    assert rl.scenario(right, at="end").verdicts == ()
    broken = rl.scenario(right, at="end", protocol=f"{protocol}!{wrong}")
    assert broken.verdicts != ()


@pytest.mark.filterwarnings("ignore:every election timeout")
@pytest.mark.parametrize("name", [f"C{number}" for number in range(1, 23)])
def test_raft_can_play_each_scenario_of_the_simplified_one(name):
    """Without the dials and the fields that only the listing has. C8 loses a disk, C22 begins with
    two leaders of one term: outside of what Raft stands up to."""
    broken = rl.scenario(name, at="end", protocol="raft").verdicts
    assert bool(broken) is (name in ("C8", "C22"))


def test_a_text_of_ones_own_is_taken_at_its_word():
    text = find("C18").text
    with pytest.raises(Impossible, match="there is no dial 'call_timeout'"):
        rl.scenario(text, protocol="raft")


# -- by name ------------------------------------------------------------------------------


def test_a_scenario_begins_where_it_says_and_goes_on_to_its_end():
    run = rl.scenario("split-vote")
    assert run.scenario.watch and run.scenario.name == "split-vote"
    assert [run[id].role for id in ("S1", "S2")] == ["candidate", "candidate"]
    assert run.position == 2 < len(run)
    run.redo(len(run))
    assert run.leader is None
    run.until(lambda run: run.leader)  # and then time alone decides


def test_the_cursor_can_be_put_at_each_block():
    marks = [rl.scenario("split-vote", at=block).position for block in (1, 2, 3, 4)]
    assert marks == sorted(marks) and marks[0] == 0
    assert rl.scenario("split-vote", at="boot").position == 0
    assert rl.scenario("split-vote", at="end").position == marks[-1]
    for at in (0, 5, "middle", True):
        with pytest.raises(Impossible, match='"boot", "end" and blocks 1 to 4'):
            rl.scenario("split-vote", at=at)


def test_a_text_a_file_and_a_class_of_ones_own_are_played_as_well(tmp_path):
    class Mine(Raft):
        replaces_values = True

    path = tmp_path / "mine.txt"
    path.write_text(SMALL)
    for source in (SMALL, path, str(path)):
        run = rl.scenario(source)
        assert run.leader == "S1" and run.position == len(run)
    assert type(rl.scenario(SMALL, protocol=Mine)["S1"]) is Mine
    assert rl.scenario("cluster raft servers=1 seed=1").position == 0


@pytest.mark.parametrize("source, says", [
    ("spilt-vote", "there is no scenario 'spilt-vote'; there are .*split-vote"),
    ("nowhere/at-all.txt", "nowhere/at-all.txt cannot be read"),
])  # fmt: skip
def test_what_is_not_there_is_answered_with_what_is(source, says):
    with pytest.raises(Impossible, match=says):
        rl.scenario(source)


# -- comparing and renewing ---------------------------------------------------------------


def test_a_wrong_golden_line_is_shown_as_a_difference():
    wrong = SMALL.replace("S2 S3  follower  t1  voted S1", "S2 S3  follower  t1  voted S2")
    found = read(wrong)
    told = difference(found, played(found)).splitlines()
    assert told[:2] == ["--- as written", "+++ as it is now"]
    assert "-S2 S3  follower  t1  voted S2  log 1" in told
    assert "+S2 S3  follower  t1  voted S1  log 1" in told
    assert " elect S1" in told, "what happened is there too"


@pytest.mark.parametrize("row", [
    "S4  follower  t1", "S1     leader    t1            log 1  commit 1  applied 0",
])  # fmt: skip
def test_a_line_too_many_or_changed_fails(row):
    found = read(SMALL.replace("S1     leader", f"{row}\nS1     leader"))
    assert f"-{row}" in difference(found, played(found))


def test_renewing_twice_changes_nothing_more():
    bare = "\n".join(row for row in SMALL.splitlines() if not row.startswith("S"))
    once = renewed(read(bare), played(read(bare)))
    assert once == SMALL
    assert renewed(read(once), played(read(once))) == once


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A catalog of two, one of them wrong."""
    (tmp_path / "right.txt").write_text(SMALL)
    (tmp_path / "wrong.txt").write_text(SMALL.replace("voted S1", "voted S3"))
    monkeypatch.setattr(scenarios, "CATALOG", tmp_path)
    scenarios._catalog.cache_clear()
    yield tmp_path
    scenarios._catalog.cache_clear()


def test_the_command_compares_and_rewrites(folder, capsys):
    assert scenarios.main([]) == 1
    told = capsys.readouterr().out
    assert "wrong: A title." in told and "+S2 S3  follower  t1  voted S1  log 1" in told
    assert "1 of 2 scenarios are as they are written" in told and "right:" not in told
    assert scenarios.main(["right"]) == 0
    assert scenarios.main(["--rewrite"]) == 0
    assert "wrong: rewritten" in capsys.readouterr().out
    assert (folder / "wrong.txt").read_text() == (folder / "right.txt").read_text() == SMALL
    scenarios._catalog.cache_clear()
    assert scenarios.main(["--rewrite", "wrong"]) == 0
    assert "rewritten" not in capsys.readouterr().out
    assert scenarios.main([]) == 0


def test_the_command_says_what_cannot_be_played_and_does_not_rewrite_it(folder, capsys):
    (folder / "wrong.txt").write_text(SMALL.replace("elect S1", "elect S9"))
    scenarios._catalog.cache_clear()
    before = (folder / "wrong.txt").read_text()
    assert scenarios.main(["--rewrite"]) == 1
    assert "wrong, line 5: elect S9\n  there is no node 'S9'" in capsys.readouterr().out
    assert (folder / "wrong.txt").read_text() == before
    assert scenarios.main(["moon"]) == 2
    assert "there is no scenario 'moon'" in capsys.readouterr().out


def test_the_command_says_what_a_scenario_can_do(capsys):
    assert scenarios.main(["--verbs"]) == 0
    told = capsys.readouterr().out
    assert "deliver RequestVote S1->S3 [#2]" in told and "committed REST on IDS" in told


def test_an_exported_history_is_a_file_like_any_other():
    run = rl.scenario("figure-8-wrong", at="end")
    found = read(text_of(run, watch="S3's last vote."))
    done = played(found)
    assert difference(found, done) == ""
    assert found.title.startswith("raft!commits-old-terms breaks leader_completeness")
    assert found.watch == "S3's last vote."
    assert done.run.digest() == run.digest()
    assert ("expect broken leader_completeness") in found.text


def test_without_a_name_all_scenarios_are_listed_in_groups():
    table = rl.scenario()
    assert len(table) == len(table.rows) == len(catalog())
    assert {(name, title) for _, name, title in table.rows} == {
        (name, found.title) for name, found in catalog().items()
    }
    groups = list(dict.fromkeys(group for group, _, _ in table.rows))
    assert groups[:2] == ["Tours", "Lessons"] and "Broken rules" in groups
    lines = repr(table).splitlines()
    assert max(map(len, lines)) <= 110 and lines[0] == "Tours: one idea, told step by step"
    for name, found in catalog().items():
        assert f"  {name} " in repr(table) and found.title.split()[0] in repr(table)
    html = table._repr_html_()
    assert html.count("<code") == len(table) and html.count("rowgroup") == len(groups)
    assert not re.search(r"color:(?!inherit)", html)


def test_help_says_which_protocol_a_cluster_has_if_nobody_names_one():
    """Servers built by hand bring their own; "raft" beside them means Raft."""
    assert str(signature(rl.cluster)).startswith("(protocol='raft', servers=5")
    built = [rl.broken("raft", "votes-twice")(id, ["S1"]) for id in ["S1"]]
    assert rl.cluster(servers=built).about["protocol"] == "raft!votes-twice"
    with pytest.raises(rl.Impossible, match="S1 is a server of raft!votes-twice, not of raft"):
        rl.cluster("raft", servers=built)
