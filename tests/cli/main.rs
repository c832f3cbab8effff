//! The program as a user runs it: exit status, standard output and standard error.

mod fixture;

mod changes;
mod explain;
mod formats;
mod hostile;
mod options;
mod recovery;
mod rules;
mod status;
mod streams;
