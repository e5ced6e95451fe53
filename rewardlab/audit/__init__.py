"""Whether a reward still asks for what was meant: one question a file, each answered with its evidence."""
