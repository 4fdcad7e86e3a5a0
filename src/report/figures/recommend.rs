//! What a recommendation shows: each setting by its objective and its first constraint, with the front that nobody beats;
//! and for each deadline what it kills by mistake and what it wastes.

use serde_json::Value;

use super::file_name;
use super::numbers::{known, list, number, text, unit_of};
use super::several;
use super::sweep::unit_name;
use crate::report::chart::spec::{
    Anchor, Axis, Cell, Chart, Dot, Fill, Hue, Key, Mark, Panel, Path, Table, Unit, Weight,
};
use crate::report::chart::value;
use crate::report::sweep::axis_names;

/// Settings that have their name in the picture.
const MOST_NAMES: usize = 8;

/// The charts of a recommendation, from its JSON.
pub(super) fn recommend(answer: &Value) -> Vec<Chart> {
    let mut charts: Vec<Chart> = pareto(answer).into_iter().collect();
    for deadlines in list(&answer["deadlines"]) {
        let job = text(&deadlines["job"]);
        charts.extend(deadline(&deadlines["pod"], &job, "pod"));
        charts.extend(deadline(&deadlines["whole_job"], &job, "job"));
    }
    charts
}

fn pareto(answer: &Value) -> Option<Chart> {
    let minimize = text(&answer["minimize"]);
    let subject = list(&answer["subject_to"]).first().map(text)?;
    let measure = subject.split(['<', '>']).next().unwrap_or(&subject).trim().to_string();
    let limit = subject.rsplit(['<', '>', '=']).next().and_then(|text| number(&Value::from(text.trim())));
    let (unit_x, unit_y) = (
        unit_of(measure.rsplit(['.', ':']).next().unwrap_or(&measure)),
        unit_of(minimize.rsplit(['.', ':']).next().unwrap_or(&minimize)),
    );
    let limit = limit.map(|limit| if subject.ends_with('%') { limit / 100.0 } else { limit });
    let settings = list(&answer["settings"]);
    let axes = list(&answer["axes"]);
    let names = axis_names(axes);
    let name = |setting: &Value| -> String {
        let one = |(axis, name): (&Value, &String)| {
            format!("{name} {}", text(&setting["setting"][&text(&axis["path"])]))
        };
        axes.iter().zip(&names).map(one).collect::<Vec<_>>().join(", ")
    };
    let point = |setting: &Value| -> Option<(f64, f64)> {
        Some((known(&setting["constraints"][0])?.mean, setting["objective_beside_leader"].as_f64()?))
    };
    let mut table = Table::new(&[
        ("setting", ""),
        ("objective", unit_name(&minimize)),
        ("first constraint", unit_name(&measure)),
        ("standing", ""),
        ("Pareto", ""),
    ]);
    let (mut front, mut others, mut allowed) = (Vec::new(), Vec::new(), Vec::new());
    let mut not_allowed = Vec::new();
    let (mut leader, mut unknown) = (None, 0);
    let (mut top, mut right) = (0.0f64, limit.unwrap_or(0.0));
    for setting in settings {
        let at = point(setting);
        let on_front = setting["pareto"] == true;
        let standing = text(&setting["standing"]);
        table.rows.push(vec![
            name(setting).into(),
            at.map(|p| p.1).into(),
            at.map(|p| p.0).into(),
            standing.clone().into(),
            if on_front { "yes" } else { "" }.into(),
        ]);
        let Some(at) = at else {
            unknown += 1;
            continue;
        };
        (top, right) = (top.max(at.1), right.max(at.0));
        match (on_front, standing.as_str()) {
            (_, "recommended") => leader = Some((at, name(setting))),
            (true, "not allowed") => not_allowed.push((at, name(setting))),
            (true, _) => front.push((at, name(setting))),
            (false, "not allowed") => others.push(at),
            _ => allowed.push(at),
        }
    }
    if table.rows.len() < 2 || top <= 0.0 {
        return None;
    }
    let mut marks = vec![
        Mark::Dots { points: others.clone(), dot: Dot::Cross, hue: Hue::Quiet },
        Mark::Dots { points: allowed.clone(), dot: Dot::Disc, hue: Hue::Quiet },
    ];
    let on_front = || front.iter().chain(&not_allowed).chain(&leader);
    let mut line: Vec<(f64, f64)> = on_front().map(|p| p.0).collect();
    line.sort_by(|a, b| a.0.total_cmp(&b.0));
    marks.push(Mark::Line { points: line, path: Path::Straight, hue: Hue::Blue, weight: Weight::Thin });
    for (settings, dot) in [(&front, Dot::Disc), (&not_allowed, Dot::Cross)] {
        marks.push(Mark::Dots { points: settings.iter().map(|p| p.0).collect(), dot, hue: Hue::Blue });
    }
    let mut key = vec![Key::line(Hue::Blue, Weight::Thin, "Pareto front, over all constraints")];
    let kinds = [
        (leader.is_some(), Hue::Green, Dot::Ring, "recommended"),
        (!allowed.is_empty(), Hue::Quiet, Dot::Disc, "allowed, and another beats it"),
        (!not_allowed.is_empty(), Hue::Blue, Dot::Cross, "on the front, and not allowed"),
        (!others.is_empty(), Hue::Quiet, Dot::Cross, "not allowed"),
    ];
    key.extend(kinds.iter().filter(|kind| kind.0).map(|(_, hue, dot, text)| Key::dot(*hue, *dot, text)));
    if let Some(limit) = limit {
        marks.push(Mark::RuleX { at: limit, hue: Hue::Ink, text: subject.clone() });
    }
    if let Some((at, name)) = &leader {
        marks.push(Mark::Dots { points: vec![*at], dot: Dot::Ring, hue: Hue::Green });
        marks.push(Mark::Label {
            at: *at,
            text: format!("take {name}"),
            hue: Hue::Green,
            anchor: Anchor::Start,
        });
    }
    for (at, name) in front.into_iter().chain(not_allowed).take(MOST_NAMES) {
        marks.push(Mark::Label { at, text: name, hue: Hue::Quiet, anchor: Anchor::Start });
    }
    let x = Axis::linear(&format!("{measure} (estimate)"), unit_x, 0.0, (right * 1.08).max(1e-9));
    Some(Chart {
        id: "pareto".to_string(),
        title: format!("{minimize} against {measure}: what nobody beats in both"),
        subtitle: format!(
            "{}, seed {}{}",
            several(settings.len(), "setting"),
            answer["seed"],
            if unknown > 0 {
                format!("; {unknown} not shown: their {minimize} has no end")
            } else {
                String::new()
            }
        ),
        alt: format!("Settings by {measure} and {minimize}. {}", text(&answer["sentence"])),
        width: 800,
        height: 420,
        x,
        panels: vec![Panel { y: Axis::linear(&minimize, unit_y, 0.0, top * 1.08), weight: 1.0, marks }],
        key,
        table: table.thinned("recommend -o json has all"),
    })
}

/// The curve of one deadline; none when nothing hangs, so that none is needed.
fn deadline(advice: &Value, job: &str, what: &str) -> Option<Chart> {
    let recommended = advice["recommended_s"].as_f64()?;
    let curve = list(&advice["curve"]);
    let of = |key: &str| -> Vec<(f64, f64)> {
        curve.iter().filter_map(|p| Some((p["deadline_s"].as_f64()?, p[key].as_f64()?))).collect()
    };
    let (wasted, killed) = (of("wasted_s"), of("false_kills"));
    let (first, last) = (wasted.first()?.0, wasted.last()?.0);
    let band: Vec<(f64, f64, f64)> = curve
        .iter()
        .filter_map(|p| Some((p["deadline_s"].as_f64()?, p["low"].as_f64()?, p["high"].as_f64()?)))
        .collect();
    let best = wasted.iter().find(|p| p.0 == recommended)?.1;
    let one = if what == "pod" { "pod" } else { "run" };
    let rule = |text: String| Mark::RuleX { at: recommended, hue: Hue::Green, text };
    let top = wasted.iter().map(|p| p.1).fold(0.0, f64::max);
    let upper = vec![
        rule(format!("take {}", value(recommended, Unit::Time))),
        Mark::Line { points: wasted.clone(), path: Path::Straight, hue: Hue::Blue, weight: Weight::Normal },
        Mark::Dots { points: wasted.clone(), dot: Dot::Disc, hue: Hue::Blue },
        Mark::Label {
            at: (recommended, best),
            text: value(best, Unit::Time),
            hue: Hue::Ink,
            anchor: Anchor::Middle,
        },
    ];
    let lower = vec![
        rule(String::new()),
        Mark::Area { points: band.clone(), path: Path::Straight, hue: Hue::Red, fill: Fill::Faint },
        Mark::Line { points: killed.clone(), path: Path::Straight, hue: Hue::Red, weight: Weight::Normal },
        Mark::Dots { points: killed.clone(), dot: Dot::Disc, hue: Hue::Red },
    ];
    let most = killed.iter().map(|p| p.1).chain(band.iter().map(|b| b.2)).fold(0.0, f64::max);
    let mut table = Table::new(&[
        ("deadline", "s"),
        ("wasted", "s"),
        ("killed by mistake", "share"),
        ("low", "share"),
        ("high", "share"),
    ]);
    for p in curve {
        let of = |key: &str| Cell::from(p[key].as_f64());
        table.rows.push(vec![of("deadline_s"), of("wasted_s"), of("false_kills"), of("low"), of("high")]);
    }
    let field =
        if what == "pod" { "spec.template.spec.activeDeadlineSeconds" } else { "spec.activeDeadlineSeconds" };
    Some(Chart {
        id: format!("deadline-{what}-{}", file_name(job)),
        title: format!("{job}: a deadline of {} for each {one} wastes least", value(recommended, Unit::Time)),
        subtitle: format!(
            "{field}; {} ended by themselves, {} never did",
            value(advice["ended"].as_f64().unwrap_or(0.0), Unit::Count),
            value(advice["never_ended"].as_f64().unwrap_or(0.0), Unit::Count)
        ),
        alt: format!(
            "Time spent for nothing per {one}, and share killed by mistake, by deadline; least waste at {}.",
            value(recommended, Unit::Time)
        ),
        width: 800,
        height: 440,
        x: Axis::log(field, Unit::Time, first / 1.1, last * 1.1),
        panels: vec![
            Panel {
                y: Axis::linear(&format!("time spent for nothing, per {one}"), Unit::Time, 0.0, top * 1.06),
                weight: 1.3,
                marks: upper,
            },
            Panel {
                y: Axis::linear(
                    &format!("{one}s killed by mistake (band: 95 %)"),
                    Unit::Share,
                    0.0,
                    (most * 1.06).clamp(1e-6, 1.02),
                ),
                weight: 1.0,
                marks: lower,
            },
        ],
        key: Vec::new(),
        table,
    })
}
