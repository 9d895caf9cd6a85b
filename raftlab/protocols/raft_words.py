"""What each decision of a Raft server means, in words, with the paper's section.

The sentence follows the server's name: "S3 refuses …". {0}, {1} … are the facts of the Note; one
that ends in -nobody is for a Note whose first fact, an id, is None.
"""

SAYS = {
    "adopts-term": "learns of term {0} (it was {2} in term {1}): it follows, with a fresh vote"
    " (§5.1)",
    "starts-election": "has heard no leader for its election timeout: it stands in term {0}"
    " and votes for itself (§5.2)",
    "votes": "votes for {0} in term {1}: its vote was free and {0}'s log is good enough"
    " (§5.2, §5.4.1)",
    "refuses-vote-stale": "refuses {0} its vote: term {1} is over, this is term {2} (§5.1)",
    "refuses-vote-given": "refuses {0} its vote: it already voted for {1} in term {2} (§5.2)",
    "refuses-vote-log": "refuses {0} its vote: {0}'s log ends with term {1} at index {2}, its own"
    " with term {3} at index {4} (§5.4.1)",
    "vote-arrives": "has the vote of {0}: {1} of {2} (§5.2)",
    "vote-denied": "is refused by {0} in term {1} (§5.2)",
    "ignores-vote": "ignores a vote of {0} from term {1}: it is {2} in term {3} (§5.2)",
    "wins": "leads term {0}: {1} voted for it, a majority of {2} (§5.2)",
    "heartbeat": "sends heartbeats, so that nobody stands against it (§5.2)",
    "concedes": "gives up its candidacy: {0} already leads term {1} (§5.2)",
    "hears-leader": "hears its leader {0} in term {1} and waits on (§5.2)",
    "refuses-entries-stale": "refuses {0}'s entries: term {1} is over, this is term {2} (§5.1)",
    "refuses-entries-gap": "refuses {0}'s entries: at index {1} it should hold term {2}, it"
    " holds {3} (§5.3)",
    "overwrites": "drops entries {0} to {1}: at {0} it held term {2}, its leader {3} says"
    " otherwise (§5.3)",
    "stores": "stores {0}'s entries {1} to {2} (§5.3)",
    "stored-by": "knows that {0} stores everything up to index {1} (§5.3)",
    "hears-follower": "hears that {0} is up to date (§5.3)",
    "backs-up": "tries {0} again from index {1}, further back (§5.3)",
    "ignores-reply": "ignores an answer of {0} from term {1}: it is {2} in term {3} (§5.1)",
    "appends": "takes the request: entry {0} of term {1} is in its log, not yet committed (§5.3)",
    "commits": "applies entries {0} to {1}, which it now knows to be committed (§5.3, §5.4.2)",
    "redirects": "does not lead and sends the client to {0} (§8)",
    "redirects-nobody": "does not lead and knows of no leader: the client must ask again (§8)",
}
