//! What is usual: how many of something come in a time.
//!
//! In: counts of times of one length. Out: [`Usual`], and whether other times stand out. By the median, and by the
//! median distance from it: bursts and silences of less than half of the times move neither, where a mean takes a burst
//! that lies before for usual, and what a Poisson distribution allows is less than what logs, which come in bursts,
//! vary by from time to time (Leys et al., "Detecting outliers: Do not use standard deviation around the mean,
//! use absolute deviation around the median", 2013).

/// Fewer times tell nothing of what is usual.
const LEAST: usize = 10;
/// The standard deviation of a normal distribution, in median distances from its median.
const NORMAL: f64 = 1.4826;
/// What lies so many deviations above is no chance.
const DEVIATIONS: f64 = 5.0;

/// How many come in such a time, usually.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// The median.
    pub count: f64,
    deviation: f64,
}

impl Usual {
    /// Of the counts of these times; `None` of too few.
    #[must_use]
    pub fn of(times: &[u64]) -> Option<Self> {
        if times.len() < LEAST {
            return None;
        }
        let count = median(times.iter().map(|n| *n as f64).collect());
        let off = times.iter().map(|n| (*n as f64 - count).abs());
        let deviation = NORMAL * median(off.collect());
        Some(Self {
            count,
            // What comes by chance alone varies by the root of its mean.
            deviation: deviation.max(count.sqrt()).max(1.0),
        })
    }

    /// Whether so many are more than chance and bursts explain.
    #[must_use]
    pub fn is_exceeded_by(&self, count: f64) -> bool {
        count - self.count > DEVIATIONS * self.deviation
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_before_does_not_become_usual() {
        let mut minutes = vec![30, 33, 28, 31, 30, 35, 29, 30, 27, 31, 32, 30];
        let quiet = Usual::of(&minutes).unwrap();
        minutes.extend([4000, 3900, 0]);
        let usual = Usual::of(&minutes).unwrap();
        assert!((usual.count - quiet.count).abs() <= 1.0);
        assert!(usual.is_exceeded_by(120.0));
        assert!(!usual.is_exceeded_by(50.0));
        assert_eq!(Usual::of(&minutes[..9]), None);
    }

    #[test]
    fn few_a_minute_are_exceeded_by_chance() {
        let usual = Usual::of(&[0, 1, 0, 0, 2, 1, 0, 0, 1, 0]).unwrap();
        assert!(!usual.is_exceeded_by(3.0));
        assert!(usual.is_exceeded_by(9.0));
    }
}
