"""Pictures of a history: a question, an answer, and the same answer in words."""
