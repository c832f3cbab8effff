//! What a stream that goes on keeps, for months, within a bound.
//!
//! In: events of the streams, in their order. Out: the same, fewer. Of a sort that came very often some become
//! one ([`make_fewer`]). Where all sorts together are too many, [`choose`] says which go, as in a scan.

use crate::classify::{choose, make_fewer};

use super::stream::Stream;

/// Of a sort that came more often than this, some become one; than the further ones, where all are too
/// many.
const OF_A_SORT: [usize; 5] = [256, 128, 64, 32, 16];
/// How many come after which it is worth to look again.
const STEP: usize = 1024;

/// Brings all streams within the bound. Returns how many records are not counted any more.
pub(super) fn bound(streams: &mut [Stream], most: usize) -> u64 {
    let mut dropped = 0;
    for stream in streams.iter_mut() {
        if stream.events.len() >= stream.look_again {
            dropped += make_fewer(&mut stream.events, OF_A_SORT[0]);
            stream.look_again = stream.events.len() + STEP;
        }
    }
    for of_a_sort in OF_A_SORT {
        if streams.iter().map(|s| s.events.len()).sum::<usize>() <= most {
            return dropped;
        }
        for stream in streams.iter_mut() {
            dropped += make_fewer(&mut stream.events, of_a_sort);
        }
    }
    // Where hardly any room was made it would be to do again at once.
    if streams.iter().map(|s| s.events.len()).sum::<usize>() > most - most / 8 {
        dropped += drop_least(streams, most - most / 8);
    }
    dropped
}

fn drop_least(streams: &mut [Stream], most: usize) -> u64 {
    let stay = choose(streams.iter().flat_map(|s| &s.events), most);
    let mut stays = stay.into_iter();
    let mut dropped = 0;
    for stream in streams {
        stream.events.retain(|event| {
            let stays = stays.next().unwrap_or(true);
            dropped += if stays { 0 } else { event.count };
            stays
        });
        stream.look_again = stream.events.len() + STEP;
    }
    dropped
}
