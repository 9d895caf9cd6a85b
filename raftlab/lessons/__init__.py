"""What notebooks add to the lab: predictions and experiments, each judged by the model itself.

Which files belong together:

    question, situation, about_*, predict, card    what comes next? drawn by lot, read off the run
    bank, recall, recall_card                      what do you remember? (the questions: bank/)
    quiz, quiz_*, study                            a published quiz, played as runs
    learned, standing                              what was answered, and how far one is
    asked, live                                    how all of these are shown in a notebook
    diff, figure16, duplicates, adversary          experiments and a game
    exercise, judging, checking                    exercises: the record, running what is handed
                                                   over, `rl.check`; they themselves stand in parts/
    plugged, fixing, exposing, schedules,          kinds of exercises: a rule of one's own in a
      suspects, foretold, rubric                   Raft, a break to mend, expose, find; tables; text
    raft_skeleton, own_reference                   a whole Raft of one's own; graded by grading/
    redis_*                                        exercises on a Redis, of the model and a real one
    edition, contents, refresh                     commands: nbgrader's edition, the map, outputs
    learners, kept                                 the edition without answers, and what it keeps
"""
