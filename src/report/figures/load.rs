//! The load on one dependency in the run that is shown: arrivals and retries a second beside its rate, what was refused
//! or timed out, and calls under way beside its places.

use super::{RunView, file_name};
use crate::engine::time::SimTime;
use crate::model::dependency::{Dependency, Discipline, Fault, Kind, LimitRule};
use crate::observe::load::{DependencyLoad, Second};
use crate::report::chart::spec::{
    Anchor, Axis, Bar, Cell, Chart, Fill, Hue, Key, Mark, Panel, Path, Table, Unit, Weight,
};
use crate::report::chart::value;

/// Bars across the picture at most; each shows its busiest second.
const MOST_BARS: f64 = 240.0;

/// A limit in the picture: a number, and what it is.
type Limit = Option<(f64, String)>;

/// The load on a dependency; none when no pod called it.
pub(super) fn load(view: &RunView, number: usize) -> Option<Chart> {
    let shown = view.shown;
    let (dependency, load) = (&view.scenario.shared.dependencies[number], shown.load.of.get(number)?);
    let until = shown.until_s();
    let origin = shown.origin().seconds();
    let wide = (until / MOST_BARS).ceil().max(1.0);
    let bins = bins(load, origin, wide);
    let busiest = *load.seconds.iter().max_by_key(|second| second.arrivals())?;
    let at_s = |second: u64| (second as f64 - origin).max(0.0);

    let mut arrivals = vec![bars(&bins, wide, until, Hue::Blue, |b| (0.0, b.first))];
    arrivals.push(bars(&bins, wide, until, Hue::Orange, |b| (b.first, b.first + b.again)));
    let (rate, places) = limits(dependency);
    let most = f64::from(busiest.arrivals());
    let mut top = most;
    if let Some((rate, words)) = rate.filter(|rate| rate.0 <= 4.0 * most) {
        top = top.max(rate);
        arrivals.push(Mark::RuleY { at: rate, hue: Hue::Ink, text: words });
    }
    let text = format!("{} in the busiest second", value(most, Unit::Count));
    arrivals.push(Mark::Label {
        at: (at_s(busiest.second) + wide / 2.0, most),
        text,
        hue: Hue::Ink,
        anchor: Anchor::Middle,
    });
    let mut key = vec![Key::solid(Hue::Blue, "first tries")];
    let sum = |of: fn(&Second) -> u32| load.seconds.iter().map(|s| u64::from(of(s))).sum::<u64>();
    let (retries, refused, timed_out) = (sum(|s| s.retries), sum(|s| s.refused), sum(|s| s.timed_out));
    let calls = sum(Second::arrivals);
    if retries > 0 {
        key.push(Key::solid(Hue::Orange, "retries"));
    }
    let mut panels = vec![Panel {
        y: Axis::linear("calls that arrive, per second", Unit::Count, 0.0, top * 1.12),
        weight: 1.4,
        marks: arrivals,
    }];
    if refused + timed_out > 0 {
        let marks = vec![
            bars(&bins, wide, until, Hue::Red, |b| (0.0, b.refused)),
            bars(&bins, wide, until, Hue::Purple, |b| (b.refused, b.refused + b.timed_out)),
        ];
        let most = bins.iter().map(|b| b.refused + b.timed_out).fold(1.0, f64::max);
        for (count, hue, text) in [(refused, Hue::Red, "refused"), (timed_out, Hue::Purple, "timed out")] {
            if count > 0 {
                key.push(Key::solid(hue, text));
            }
        }
        panels.push(Panel {
            y: Axis::linear("calls that fail, per second", Unit::Count, 0.0, most * 1.05),
            weight: 0.9,
            marks,
        });
    }
    panels.push(under_way(view, load, places, until));
    let faults: Vec<Mark> = faults(view, number, until);
    for (k, panel) in panels.iter_mut().enumerate() {
        let silent = faults.iter().cloned().map(|mark| match mark {
            Mark::Span { from, to, hue, .. } if k > 0 => Mark::Span { from, to, hue, text: String::new() },
            mark => mark,
        });
        panel.marks.splice(0..0, silent);
    }

    let name = &dependency.name;
    let peak = value(most, Unit::Count);
    let title = match (refused + timed_out, retries) {
        (0, _) => format!("{name}: {peak} calls arrive in the busiest second, none fails"),
        (failed, _) => {
            let share = value(failed as f64 / calls.max(1) as f64, Unit::Share);
            format!("{name}: {peak} calls arrive in the busiest second; {share} of all fail")
        }
    };
    let many = if wide > 1.0 {
        format!("; each bar: the busiest second of {}", value(wide, Unit::Time))
    } else {
        String::new()
    };
    let alt = format!(
        "Load on the {} {name}: {calls} calls, {retries} of them retries; {refused} refused, {timed_out} timed out; at most {peak} arrive in one second.",
        dependency.kind.name()
    );
    let mut table = Table::new(&[
        ("time", "s"),
        ("first tries", "calls/s"),
        ("retries", "calls/s"),
        ("refused", "calls/s"),
        ("timed out", "calls/s"),
        ("served", "calls/s"),
    ]);
    table.rows = load
        .seconds
        .iter()
        .map(|s| {
            let counts = [s.first_tries, s.retries, s.refused, s.timed_out, s.served].map(Cell::from);
            std::iter::once(Cell::from(at_s(s.second))).chain(counts).collect()
        })
        .collect();
    Some(Chart {
        id: format!("load-{}", file_name(name)),
        title,
        subtitle: shown.in_words(view.runs.len(), view.seed) + &many + "; calls of pods",
        alt,
        width: 800,
        height: 170 + 130 * panels.len() as u32,
        x: Axis::linear("time since creation", Unit::Time, 0.0, until),
        panels,
        key,
        table: table.thinned("each second with calls is one"),
    })
}

/// The busiest second of a stretch of time.
#[derive(Clone, Copy, Default)]
struct Bin {
    from: f64,
    first: f64,
    again: f64,
    refused: f64,
    timed_out: f64,
}

fn bins(load: &DependencyLoad, origin: f64, wide: f64) -> Vec<Bin> {
    let mut bins: Vec<Bin> = Vec::new();
    for second in &load.seconds {
        // Seconds are those of the clock; the Job may be created within one.
        let from = ((second.second as f64 - origin) / wide).floor() * wide;
        if bins.last().is_none_or(|bin| bin.from != from) {
            bins.push(Bin { from, ..Bin::default() });
        }
        let last = bins.len() - 1;
        let bin = &mut bins[last];
        if f64::from(second.arrivals()) > bin.first + bin.again {
            (bin.first, bin.again) = (f64::from(second.first_tries), f64::from(second.retries));
        }
        if f64::from(second.refused + second.timed_out) > bin.refused + bin.timed_out {
            (bin.refused, bin.timed_out) = (f64::from(second.refused), f64::from(second.timed_out));
        }
    }
    bins
}

fn bars(bins: &[Bin], wide: f64, until: f64, hue: Hue, of: fn(&Bin) -> (f64, f64)) -> Mark {
    let bar = |bin: &Bin| {
        let y = of(bin);
        let x = (bin.from.max(0.0), (bin.from + wide).clamp(0.0, until));
        (y.1 > y.0 && x.1 > x.0).then_some(Bar { x, y, goes_on: false })
    };
    Mark::Bars { bars: bins.iter().filter_map(bar).collect(), hue, fill: Fill::Solid }
}

fn under_way(view: &RunView, load: &DependencyLoad, places: Limit, until: f64) -> Panel {
    let mut points = match load.under_way.len() > 2 * MOST_BARS as usize {
        true => most_in_parts(&levels(view, load, until), until / MOST_BARS),
        false => levels(view, load, until),
    };
    points.insert(0, (0.0, 0.0));
    points.push((until, points[points.len() - 1].1));
    let most = points.iter().map(|p| p.1).fold(1.0, f64::max);
    let area = points.iter().map(|&(t, level)| (t, 0.0, level)).collect();
    let mut marks = vec![
        Mark::Area { points: area, path: Path::Steps, hue: Hue::Sky, fill: Fill::Faint },
        Mark::Line { points, path: Path::Steps, hue: Hue::Blue, weight: Weight::Thin },
    ];
    let mut top = most;
    if let Some((places, words)) = places.filter(|places| places.0 <= 4.0 * most && !load.has_holds) {
        top = top.max(places);
        marks.push(Mark::RuleY { at: places, hue: Hue::Ink, text: words });
    }
    let label = if load.has_holds { "pods that wait for it" } else { "calls under way, waiting or served" };
    Panel { y: Axis::linear(label, Unit::Count, 0.0, top * 1.08), weight: 1.0, marks }
}

/// The level of each part in which it changed, and from its end on the level that it had then.
fn levels(view: &RunView, load: &DependencyLoad, until: f64) -> Vec<(f64, f64)> {
    let mut points = Vec::with_capacity(2 * load.under_way.len());
    let at = |part: u64| view.shown.at_s(SimTime::from_nanos(part * load.part.nanos())).min(until);
    for level in &load.under_way {
        points.push((at(level.part), f64::from(level.most)));
        points.push((at(level.part + 1), f64::from(level.then)));
    }
    points
}

/// The most of each part of the time; a level holds until the next.
fn most_in_parts(levels: &[(f64, f64)], part: f64) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    let (mut number, mut before) = (0.0, 0.0);
    for &(t, level) in levels {
        let at = (t / part).floor();
        match points.last_mut().filter(|_| at == number) {
            Some(last) => last.1 = last.1.max(level),
            None => {
                if at > number {
                    points.push(((number + 1.0) * part, before));
                }
                points.push((at * part, level.max(before)));
            }
        }
        (number, before) = (at, level);
    }
    points.push(((number + 1.0) * part, before));
    points
}

/// Its rate, and its places.
fn limits(dependency: &Dependency) -> (Limit, Limit) {
    match &dependency.kind {
        Kind::Lock(_) => (None, Some((1.0, "one holder".to_string()))),
        Kind::Pool(pool) => {
            (None, Some((f64::from(pool.connections), format!("{} connections", pool.connections))))
        }
        Kind::Server(server) => {
            let words = match server.discipline {
                Discipline::Fifo => format!("{} servers", server.servers),
                Discipline::Sharing { .. } => format!("{} servers, shared", server.servers),
            };
            (None, Some((f64::from(server.servers), words)))
        }
        Kind::RateLimit(limit) => {
            let rate = match limit.rule {
                LimitRule::TokenBucket { rate, .. } => rate.as_f64(),
                LimitRule::Nginx { rate_milli, .. } => f64::from(rate_milli) / 1000.0,
                LimitRule::FixedWindow { requests, length }
                | LimitRule::SlidingWindow { requests, length } => f64::from(requests) / length.seconds(),
            };
            (Some((rate, format!("limit {}/s", value(rate, Unit::Number)))), None)
        }
    }
}

fn faults(view: &RunView, number: usize, until: f64) -> Vec<Mark> {
    let shown = view.shown;
    let faults = view.scenario.shared.faults.iter().filter(|fault| fault.dependency == number);
    faults
        .filter(|fault| shown.at_s(fault.at) < until)
        .map(|fault| {
            let to = if fault.until == SimTime::NEVER { until } else { shown.at_s(fault.until).min(until) };
            let text = match fault.fault {
                Fault::Down => "down".to_string(),
                Fault::Silent => "silent".to_string(),
                Fault::Slow { factor } => format!("{} times slower", value(factor, Unit::Number)),
                Fault::Limit(_) => "another limit".to_string(),
            };
            Mark::Span { from: shown.at_s(fault.at), to, hue: Hue::Yellow, text }
        })
        .collect()
}
