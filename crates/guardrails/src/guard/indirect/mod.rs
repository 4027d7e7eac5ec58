//! Orders hidden in what was retrieved or what a tool said.
