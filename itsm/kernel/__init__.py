"""What every package builds on and no business word enters: database, actor, clock, errors, events, jobs, audit, files."""
