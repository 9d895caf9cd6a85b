-- Raft for a Murphi checker (rumur), as a peer of raftlab's search: benchmarks/checker.py.
-- Election, replication of single entries, commitment; messages are a set, as in our search;
-- a server may stop and lose what is volatile. Ours has more to it: back-off, heartbeats, no-op.
-- The constants in the first lines are set by the benchmark; 1 switches a rule off.
const
  SERVERS: 3;
  TERMS: 2;
  ENTRIES: 1;
  VOTES_TWICE: 0;
  VOTES_FOR_ANYBODY: 0;
  COMMITS_OLD_TERMS: 0;

type
  Server: scalarset(SERVERS);
  Term: 0..TERMS;
  Index: 0..ENTRIES;
  Slot: 1..ENTRIES;
  Role: enum { Follower, Candidate, Leader };
  Entry: record term: Term; command: 0..ENTRIES end;

var
  term: array [Server] of Term;
  role: array [Server] of Role;
  voted: array [Server] of boolean;
  vote: array [Server] of Server;
  log: array [Server] of array [Slot] of Entry;
  last: array [Server] of Index;
  commit: array [Server] of Index;
  votes: array [Server] of array [Server] of boolean;
  stored: array [Server] of array [Server] of Index;
  asked: 0..ENTRIES;
  led: array [Term] of array [Server] of boolean;
  committed: array [Slot] of Entry;
  committed_in: array [Slot] of Term;

  ask: array [Server] of array [Term] of record sent: boolean; last: Index; term: Term end;
  yes: array [Server] of array [Term] of array [Server] of boolean;
  append: array [Server] of array [Term] of array [Slot] of
    record sent: boolean; before: Term; entry: Entry end;
  ack: array [Server] of array [Term] of array [Server] of Index;

function last_term(s: Server): Term;
begin
  if last[s] = 0 then return 0; else return log[s][last[s]].term; end;
end;

procedure step_down(s: Server);
begin
  role[s] := Follower;
  for p: Server do votes[s][p] := false; stored[s][p] := 0; end;
end;

procedure adopt(s: Server; t: Term);
begin
  if t > term[s] then term[s] := t; voted[s] := false; undefine vote[s]; step_down(s); end;
end;

procedure note_commit(s: Server; n: Index);
begin
  for i: Slot do
    if i > commit[s] & i <= n & committed_in[i] = 0 then
      committed[i] := log[s][i];
      committed_in[i] := term[s];
    end;
  end;
  commit[s] := n;
end;

ruleset s: Server do
  rule "stand" role[s] != Leader & term[s] < TERMS ==>
  begin
    step_down(s);
    term[s] := term[s] + 1;
    role[s] := Candidate;
    voted[s] := true;
    vote[s] := s;
    votes[s][s] := true;
    ask[s][term[s]].sent := true;
    ask[s][term[s]].last := last[s];
    ask[s][term[s]].term := last_term(s);
  end;

  rule "lead" role[s] = Candidate ==>
  var count: 0..SERVERS;
  begin
    count := 0;
    for p: Server do if votes[s][p] then count := count + 1; end; end;
    if 2 * count > SERVERS then
      role[s] := Leader;
      led[term[s]][s] := true;
      for p: Server do stored[s][p] := 0; end;
    end;
  end;

  rule "request" role[s] = Leader & last[s] < ENTRIES & asked < ENTRIES ==>
  begin
    asked := asked + 1;
    last[s] := last[s] + 1;
    log[s][last[s]].term := term[s];
    log[s][last[s]].command := asked;
  end;

  rule "commit" role[s] = Leader ==>
  var count: 0..SERVERS; best: Index;
  begin
    best := commit[s];
    for i: Slot do
      if i <= last[s] then
        count := 1;
        for p: Server do if p != s & stored[s][p] >= i then count := count + 1; end; end;
        if 2 * count > SERVERS & (COMMITS_OLD_TERMS = 1 | log[s][i].term = term[s]) then
          best := i;
        end;
      end;
    end;
    if best > commit[s] then note_commit(s, best); end;
  end;
end;

ruleset v: Server; c: Server; t: Term do
  rule "ask arrives" v != c & ask[c][t].sent & t >= term[v] ==>
  begin
    adopt(v, t);
    if (VOTES_TWICE = 1 | !voted[v] | vote[v] = c)
       & (VOTES_FOR_ANYBODY = 1 | ask[c][t].term > last_term(v)
          | (ask[c][t].term = last_term(v) & ask[c][t].last >= last[v])) then
      voted[v] := true;
      vote[v] := c;
      yes[v][t][c] := true;
    end;
  end;

  rule "vote arrives" role[c] = Candidate & term[c] = t & yes[v][t][c] & !votes[c][v] ==>
  begin votes[c][v] := true; end;
end;

ruleset s: Server; i: Slot do
  rule "send" role[s] = Leader & i <= last[s] & !append[s][term[s]][i].sent ==>
  begin
    append[s][term[s]][i].sent := true;
    if i = 1 then append[s][term[s]][i].before := 0;
    else append[s][term[s]][i].before := log[s][i - 1].term; end;
    append[s][term[s]][i].entry := log[s][i];
  end;
end;

ruleset f: Server; s: Server; t: Term; i: Slot do
  rule "append arrives" f != s & append[s][t][i].sent & t >= term[f] ==>
  begin
    adopt(f, t);
    if role[f] != Follower then step_down(f); end;
    if last[f] >= i - 1
       & (i = 1 | log[f][i - 1].term = append[s][t][i].before) then
      if last[f] < i | log[f][i].term != append[s][t][i].entry.term then
        log[f][i] := append[s][t][i].entry;
        for j: Slot do
          if j > i then log[f][j].term := 0; log[f][j].command := 0; end;
        end;
        last[f] := i;
      end;
      if ack[f][t][s] < i then ack[f][t][s] := i; end;
    end;
  end;

  rule "ack arrives" i = 1 & role[s] = Leader & term[s] = t & ack[f][t][s] > stored[s][f] ==>
  begin stored[s][f] := ack[f][t][s]; end;
end;

startstate
begin
  asked := 0;
  for i: Slot do
    committed[i].term := 0; committed[i].command := 0; committed_in[i] := 0;
  end;
  for s: Server do
    term[s] := 0; voted[s] := false; last[s] := 0; commit[s] := 0;
    undefine vote[s];
    step_down(s);
    for i: Slot do log[s][i].term := 0; log[s][i].command := 0; end;
    for t: Term do
      led[t][s] := false;
      ask[s][t].sent := false; ask[s][t].last := 0; ask[s][t].term := 0;
      for p: Server do yes[s][t][p] := false; ack[s][t][p] := 0; end;
      for i: Slot do
        append[s][t][i].sent := false; append[s][t][i].before := 0;
        append[s][t][i].entry.term := 0; append[s][t][i].entry.command := 0;
      end;
    end;
  end;
end;

invariant "election safety"
  forall t: Term do forall a: Server do forall b: Server do
    !(led[t][a] & led[t][b]) | a = b
  end end end;

invariant "leader completeness"
  forall s: Server do forall i: Slot do
    role[s] = Leader & committed_in[i] > 0 & committed_in[i] < term[s] ->
      last[s] >= i & log[s][i].term = committed[i].term & log[s][i].command = committed[i].command
  end end;
