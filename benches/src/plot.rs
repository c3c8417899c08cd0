//! The plot: microseconds for each process over the number of processes, a line a program. Both
//! axes are logarithmic.

use std::fmt::Write as _;

use crate::{listing::Listing, subject::Id};

const WIDTH: f64 = 820.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 610.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 404.0;

/// Subject, label, colour, dashes.
const LINES: [(Id, &str, &str, &str); 6] = [
    ("go", "the Go library", "#b4531f", ""),
    ("ps", "ps, same columns", "#6a4c93", ""),
    ("psgo-1", "psgo, 1 thread", "#0b6e99", ""),
    ("floor", "floor, 1 thread", "#444444", "3 3"),
    ("psgo", "psgo", "#0b6e99", ""),
    ("floor-all", "floor, all cores", "#444444", "3 3"),
];

struct Line {
    label: &'static str,
    color: &'static str,
    dashes: &'static str,
    /// Processes; least, median and most microseconds for each.
    points: Vec<(f64, [f64; 3])>,
}

/// A picture of `listings`, complete in itself.
pub(crate) fn svg(listings: &[Listing]) -> String {
    let lines = lines(listings);
    let points = || lines.iter().flat_map(|line| &line.points);
    let (mut from, mut to, mut most, mut least) = (f64::MAX, 0.0_f64, 1.0_f64, f64::MAX);
    for (x, y) in points() {
        (from, to) = (from.min(*x), to.max(*x));
        (least, most) = (least.min(y[0]), most.max(y[2]));
    }
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"13\" fill=\"#222222\">\n\
         <title>Time for each process, by program and number of processes</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"16\">Listing idle processes: µs for each</text>\n\
         <text x=\"{LEFT}\" y=\"42\" fill=\"#666666\">default columns, whole program; bars from \
         the fastest to the slowest round; both axes logarithmic</text>\n"
    );
    if points().next().is_none() {
        return svg + "</svg>\n";
    }
    let scale = Scale {
        x: (from.log10() - 0.05, to.log10() + 0.05),
        y: (least.log10() - 0.05, most.log10() + 0.05),
    };
    grid(&mut svg, &scale, listings);
    draw(&mut svg, &scale, &lines);
    svg + "</svg>\n"
}

fn lines(listings: &[Listing]) -> Vec<Line> {
    let lines = LINES.iter().map(|&(id, label, color, dashes)| Line {
        label,
        color,
        dashes,
        points: listings
            .iter()
            .filter_map(|listing| {
                let wall = listing.get(id)?.wall();
                let each = [wall.min, wall.median, wall.max].map(|wall| listing.each(wall));
                Some((count(listing.processes), each))
            })
            .collect(),
    });
    lines.filter(|line| !line.points.is_empty()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn count(n: usize) -> f64 {
    n as f64
}

/// The logarithms at the ends of the axes.
struct Scale {
    x: (f64, f64),
    y: (f64, f64),
}

impl Scale {
    fn x(&self, value: f64) -> f64 {
        LEFT + (value.log10() - self.x.0) / (self.x.1 - self.x.0) * (RIGHT - LEFT)
    }

    fn y(&self, value: f64) -> f64 {
        BOTTOM - (value.log10() - self.y.0) / (self.y.1 - self.y.0) * (BOTTOM - TOP)
    }
}

// Writing to a string cannot fail.
fn grid(svg: &mut String, scale: &Scale, listings: &[Listing]) {
    for value in [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000,
    ] {
        let y = scale.y(f64::from(value));
        if (TOP..=BOTTOM).contains(&y) {
            let _ = writeln!(
                svg,
                "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"#e2e2e2\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
                LEFT - 8.0,
                y + 4.0
            );
        }
    }
    for listing in listings {
        let x = scale.x(count(listing.processes));
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {TOP}V{BOTTOM}\" stroke=\"#f0f0f0\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            BOTTOM + 18.0,
            listing.processes
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#666666\">processes</text>",
        f64::midpoint(LEFT, RIGHT),
        BOTTOM + 40.0
    );
}

fn draw(svg: &mut String, scale: &Scale, lines: &[Line]) {
    let mut labels = Vec::new();
    for line in lines {
        let Line { color, dashes, .. } = line;
        let mut path = String::new();
        for (x, [least, median, most]) in &line.points {
            let (x, y) = (scale.x(*x), scale.y(*median));
            let letter = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{letter}{x:.1} {y:.1}");
            let _ = writeln!(
                svg,
                "<path d=\"M{x:.1} {:.1}V{:.1}\" stroke=\"{color}\" stroke-opacity=\"0.5\"/>\
                 <circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{color}\"/>",
                scale.y(*least),
                scale.y(*most)
            );
        }
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.6\" \
             stroke-dasharray=\"{dashes}\"/>"
        );
        if let Some((_, [_, median, _])) = line.points.last() {
            labels.push((scale.y(*median), *median, line));
        }
    }
    // At the ends of the lines, but one below the other.
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut above = 0.0_f64;
    for (y, median, line) in labels {
        let y = (y + 4.0).max(above + 17.0);
        above = y;
        let (label, color, x) = (line.label, line.color, RIGHT + 10.0);
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{y:.1}\" fill=\"{color}\">{label}: {median:.1} µs</text>"
        );
    }
}
