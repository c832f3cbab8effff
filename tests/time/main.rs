//! Years, zones, clocks and their skew: what stamps do not say, and what they say wrong.

#[allow(dead_code, reason = "each test program uses a part")]
#[path = "../support/mod.rs"]
mod support;

mod clock;
mod skew;
mod story;
mod year;
mod zone;
