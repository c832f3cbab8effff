//! The reliability diagram.

use std::fmt::Write;

/// A bin: mean probability, share of right ones with its interval, and how many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bin {
    pub(crate) said: f64,
    pub(crate) right: f64,
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) count: usize,
}

/// As SVG, readable on light and dark pages.
pub(crate) fn reliability(bins: &[Bin]) -> String {
    let (size, edge) = (360.0, 44.0);
    let x = |p: f64| edge + p * (size - 2.0 * edge);
    let y = |p: f64| size - edge - p * (size - 2.0 * edge);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" width=\"{size}\" \
         font-family=\"sans-serif\" font-size=\"11\" role=\"img\" \
         aria-label=\"Share of right first causes against the probability that was said\">\n\
         <rect width=\"{size}\" height=\"{size}\" fill=\"#fff\"/>\n\
         <path d=\"M{} {}L{} {}\" stroke=\"#999\" stroke-dasharray=\"4 3\"/>\n",
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0)
    );
    // Strings take all that is written.
    for n in 0..=5 {
        let p = f64::from(n) / 5.0;
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{p:.1}</text>\
             <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{p:.1}</text>",
            x(p),
            size - edge + 16.0,
            edge - 8.0,
            y(p) + 4.0
        );
    }
    for bin in bins {
        let _ = writeln!(
            svg,
            "<path d=\"M{0:.1} {1:.1}V{2:.1}\" stroke=\"#36c\"/>\
             <circle cx=\"{0:.1}\" cy=\"{3:.1}\" r=\"3.5\" fill=\"#36c\"/>",
            x(bin.said),
            y(bin.from),
            y(bin.to),
            y(bin.right)
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">probability said of the first cause</text>\n\
         <text transform=\"translate(12 {}) rotate(-90)\" text-anchor=\"middle\">share that was right</text>\n</svg>",
        size / 2.0,
        size - 8.0,
        size / 2.0
    );
    svg
}
