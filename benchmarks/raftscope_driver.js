// Runs the job of benchmarks/model.py on RaftScope's own rules, under node.
// usage: node raftscope_driver.js DIR with|without COMMANDS
// DIR holds a checkout's util.js, raft.js and state.js; nothing of it is kept here.
// Prints one line of JSON: messages handled, CPU seconds, entries committed.
'use strict';
const fs = require('fs');
const path = require('path');
const vm = require('vm');

const [dir, mode, commands] = process.argv.slice(2);

// All that these files ask of jQuery: a deep copy and a map over an object's values.
function extend(deep, target, source) {
  for (const key of Object.keys(source)) {
    const held = source[key];
    if (held && typeof held === 'object') {
      target[key] = extend(true, Array.isArray(held) ? [] : {}, held);
    } else {
      target[key] = held;
    }
  }
  return target;
}

const jQuery = { extend, map: (object, f) => Object.keys(object).map((key) => f(object[key])) };

// A repeatable Math.random, so that every run of the job is the same job.
let seed = 7;
Math.random = () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const read = (name) => fs.readFileSync(path.join(dir, name), 'utf8').replace(/^'use strict';$/m, '');
const context = vm.createContext({ Math, console, JSON, jQuery, $: jQuery });
vm.runInContext(read('util.js') + read('raft.js') + read('state.js') +
  '\nthis.raft = raft; this.util = util; this.makeState = makeState;', context);
const { raft, makeState } = context;

const ids = [1, 2, 3, 4, 5];
const state = makeState({
  servers: ids.map((id) => raft.server(id, ids.filter((other) => other !== id))),
  messages: [],
});
const keep = mode === 'with';
state.updater = (self) => {
  raft.update(self.current);
  return keep; // true: state.js keeps a checkpoint
};
const model = () => state.current;
const leader = () => model().servers.find((s) => s.state === 'leader');

// The next instant at which anything is due; RaftScope's page asks at every frame instead,
// which would only make it slower. Its rules run before messages are handled, so what a
// message sets off happens one update later.
function nextTime() {
  let next = Infinity;
  for (const m of model().messages) next = Math.min(next, m.recvTime);
  for (const s of model().servers) {
    if (s.state === 'stopped') continue;
    next = Math.min(next, s.electionAlarm);
    for (const peer of s.peers) {
      if (s.state === 'leader') next = Math.min(next, s.heartbeatDue[peer]);
      if (s.state === 'candidate') next = Math.min(next, s.rpcDue[peer]);
    }
  }
  return Math.max(next, model().time + 1);
}
let handled = 0;
function advance(limit) {
  const time = Math.min(nextTime(), limit);
  handled += model().messages.filter((m) => m.recvTime <= time).length;
  state.seek(time);
  state.seek(time + 1);
}

const start = process.cpuUsage();
state.init();
while (!leader()) advance(Infinity);
const first = leader().id;
for (let n = 0; n < Number(commands); n += 1) {
  raft.clientRequest(model(), model().servers[first - 1]);
  const next = model().time + 50000; // a command every 50 ms; RaftScope counts in µs
  while (model().time < next) advance(next);
}
raft.stop(model(), model().servers[first - 1]);
while (!leader()) advance(Infinity);
const end = model().time + 500000;
while (model().time < end) advance(end);
const used = process.cpuUsage(start);
console.log(JSON.stringify({
  events: handled,
  cpu_s: (used.user + used.system) / 1e6,
  committed: Math.max(...model().servers.map((s) => s.commitIndex)),
}));
