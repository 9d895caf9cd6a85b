"""What each decision of a simplified server means, in words. C1 … C22: see `simplified.md`."""

SAYS = {
    "is-wired": "is told who its peers are: {0}",
    "starts-election": "has heard no leader for its timeout: it stands in term {0}, votes for"
    " itself and calls the others one after the other",
    "votes": "votes for {0} in term {1}, and from now on for nobody else but itself (C1)",
    "refuses-vote": "refuses {0} its vote in term {1}: it is in term {2} and has voted for {3}",
    "answer-yes": "hears yes from {0}",
    "answer-no": "hears no from {0}, and does not ask why",
    "no-answer": "has no answer of {0} after {1} ms: that counts as a no",
    "ignores-answer": "has long given up the call that {0} answers",
    "is-busy": "does not hear {0}: it waits for the answer of {1}",
    "looks-at-no-clock": "looks at no clock: it waits for the answer of {0}",
    "wins": "leads term {0}: {1} of {2} voted for it",
    "loses": "is a follower again at once, and stays in term {0}: {1} of {2} votes are too few"
    " (C17)",
    "sends-heartbeats": "sends heartbeats, and nothing will make it send more (C4)",
    "stores": "takes the entry of {0} from term {1} to the end of its log, at {2}",
    "refuses-entry": "refuses the entry of {0}: term {1} is over, this is term {2}; {0} will not"
    " learn why (C3)",
    "acknowledges": "tells its client that all is safe: {0} of {1} took the entry, itself included"
    " (C8)",
    "lacks-acks": "has no majority for the entry, {0} of {1}, and does nothing about it (C5)",
    "leads-not": "does not lead and cannot say who does",
}
