//! The program as it watches: what it tells, and when.

#[path = "../cli/fixture.rs"]
#[allow(dead_code, reason = "each test program uses a part")]
mod fixture;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test program uses a part")]
mod support;

mod deliver;
mod files;
mod journal;
mod pipe;
mod replay;
mod state;
mod story;
mod watcher;
