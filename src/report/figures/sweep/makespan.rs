//! The mean makespan along an axis, with its knee and, for one line, its 95 % quantile and what no controller can beat.

use super::lines::{Line, MOST_LINES, Point, curves, x_axis};
use super::{Job, Sweep};
use crate::report::chart::spec::{
    Anchor, Axis, Cell, Chart, Dot, Hue, Key, Mark, Panel, Path, Table, Unit, Weight,
};
use crate::report::chart::value;
use crate::report::figures::numbers::{known, text};

/// The chart of one Job.
pub(super) fn makespans(sweep: &Sweep, lines: &[Line], along: usize, of_job: &Job) -> Chart {
    let (job, name) = (of_job.number, &of_job.name);
    let axis = &sweep.axes[along];
    let x = x_axis(axis);
    let mut key = Vec::new();
    let (mut marks, mut top) = curves(lines, &|cell| known(&cell["jobs"][job]["makespan_s"]));
    if let [line] = lines {
        let of = |key: &str, inner: &str| -> Vec<(f64, f64)> {
            let value = |p: &Point| Some((p.x, p.cell["jobs"][job][key][inner].as_f64()?));
            line.points.iter().filter_map(value).collect()
        };
        let more = [
            (of("makespan_s", "p95"), Hue::Sky, "95 % quantile"),
            (of("makespan_bounds", "lower_s"), Hue::Quiet, "no controller completes sooner, in the mean"),
        ];
        key.push(Key::line(Hue::Blue, Weight::Normal, "mean, with its interval"));
        for (points, hue, words) in more {
            if points.len() < 2 {
                continue;
            }
            top = points.iter().map(|p| p.1).fold(top, f64::max);
            key.push(Key::line(hue, Weight::Dashed, words));
            marks.push(Mark::Line { points, path: Path::Straight, hue, weight: Weight::Dashed });
        }
    }
    let mut knee_words = None;
    for point in lines.iter().take(MOST_LINES).flat_map(|line| &line.points) {
        let mean = point.cell["jobs"][job]["makespan_s"]["mean"].as_f64();
        if point.cell["knee"] == true
            && job == 0
            && let Some(mean) = mean
        {
            marks.push(Mark::Dots { points: vec![(point.x, mean)], dot: Dot::Ring, hue: Hue::Ink });
            let text = format!("knee at {}", value(point.x, x.unit));
            if knee_words.as_ref() != Some(&text) {
                let at = (point.x, mean);
                marks.push(Mark::Label { at, text: text.clone(), hue: Hue::Ink, anchor: Anchor::Start });
            }
            knee_words = Some(text);
        }
    }
    let (path, short) = (text(&axis["path"]), &sweep.names[along]);
    let title = match (&knee_words, lines.len()) {
        (Some(knee), 1) => format!("{name}: mean makespan by {short}, {knee}"),
        _ => format!("{name}: mean makespan by {short}"),
    };
    let alt = format!(
        "Curve of the mean makespan of Job {name} over {path}, with 95 % intervals{}.",
        knee_words.map_or(String::new(), |k| format!("; {k}"))
    );
    let columns = [
        ("setting", ""),
        ("mean makespan", "s"),
        ("low", "s"),
        ("high", "s"),
        ("95 % quantile", "s"),
        ("knee", ""),
    ];
    let mut table = Table::new(&columns);
    for cell in sweep.cells {
        let m = &cell["jobs"][job]["makespan_s"];
        let of = |key: &str| Cell::from(m[key].as_f64());
        let knee = if cell["knee"] == true { "knee" } else { "" };
        table.rows.push(vec![
            sweep.setting(cell).into(),
            of("mean"),
            of("low"),
            of("high"),
            of("p95"),
            knee.into(),
        ]);
    }
    Chart {
        id: format!("sweep-makespan{}", of_job.suffix),
        title,
        subtitle: sweep.in_words(lines),
        alt,
        width: 800,
        height: 400,
        x,
        panels: vec![Panel {
            y: Axis::linear("mean makespan of runs that ended", Unit::Time, 0.0, top.max(1e-6) * 1.06),
            weight: 1.0,
            marks,
        }],
        key,
        table: table.thinned("sweep.csv has all"),
    }
}
