//! Charts: what they show, as data; that they are small, safe and the same every time; that `--save` writes them.

use std::io::empty;
use std::path::Path;
use std::process::Command;

use jobsim::experiment::replicate::{Run, Threads};
use jobsim::input::{Loaded, load};
use jobsim::kubernetes::simulate::Seed;
use jobsim::report::chart::spec::{Axis, Bar, Dot, Hue, Mark, Panel, Scale, Sign, Table, Unit};
use jobsim::report::chart::{Chart, Ink, page_css, png, svg};
use jobsim::report::figures::{
    RunView, Shown, compare_figures, recommend_figures, run_figures, sweep_figures,
};
use serde_json::Value;

fn loaded(path: &str, sets: &[&str]) -> Loaded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    match load(&[path.display().to_string()], &mut empty(), &sets) {
        Ok(loaded) => loaded,
        Err(report) => panic!("{}", report.render()),
    }
}

/// All charts of so many runs, looking at one of them.
fn charts(loaded: &Loaded, runs: u64, shown: u64) -> Vec<Chart> {
    let threads = Threads::new(2).unwrap();
    let runs: Vec<Run> = threads.replicate(&loaded.scenario, loaded.seed, 0..runs);
    let shown = Shown::of(&loaded.scenario, Seed { seed: loaded.seed, replication: shown }, "one run");
    let view = RunView {
        scenario: &loaded.scenario,
        seed: loaded.seed,
        runs: &runs,
        shown: &shown,
        done_by_s: &[600.0],
    };
    run_figures(&view)
}

fn find<'a>(charts: &'a [Chart], id: &str) -> &'a Chart {
    charts.iter().find(|chart| chart.id == id).unwrap_or_else(|| panic!("no chart {id}"))
}

fn marks(chart: &Chart) -> impl Iterator<Item = &Mark> {
    chart.panels.iter().flat_map(|panel| &panel.marks)
}

fn labels(chart: &Chart) -> Vec<&str> {
    let word = |mark: &'_ Mark| matches!(mark, Mark::Label { .. } | Mark::RuleX { .. } | Mark::Span { .. });
    marks(chart)
        .filter(|mark| word(mark))
        .map(|mark| match mark {
            Mark::Label { text, .. } | Mark::RuleX { text, .. } | Mark::Span { text, .. } => text.as_str(),
            _ => "",
        })
        .collect()
}

#[test]
fn the_hung_pod_is_the_one_bar_that_never_ends() {
    let charts = charts(&loaded("scenarios/black-hole", &[]), 20, 0);
    let gantt = find(&charts, "gantt");
    let open: Vec<(&Bar, Hue)> = marks(gantt)
        .filter_map(|mark| match mark {
            Mark::Bars { bars, hue, .. } => {
                Some(bars.iter().filter(|bar| bar.goes_on).map(|bar| (bar, *hue)))
            }
            _ => None,
        })
        .flatten()
        .collect();
    let [(bar, Hue::Purple)] = open[..] else { panic!("{open:?}") };
    // Index 6, as `explain` tells it.
    assert!(bar.y.0 > 6.0 && bar.y.1 < 7.0 && (bar.x.0 - 157.7).abs() < 0.1, "{bar:?}");
    assert!(labels(gantt).contains(&"pod 6 hangs since 2m38s"), "{:?}", labels(gantt));
    assert_eq!(gantt.title, "black-hole: one of 10 pods hangs and holds the Job");
}

#[test]
fn the_makespan_curve_stays_below_one_when_runs_never_end() {
    let loaded = loaded("scenarios/black-hole", &[]);
    let runs = Threads::new(1).unwrap().replicate(&loaded.scenario, loaded.seed, 0..200);
    let complete = runs.iter().filter(|run| run.jobs[0].makespan_s().is_some()).count() as f64 / 200.0;
    let charts = charts(&loaded, 200, 0);
    let chart = find(&charts, "makespan");
    let curve = marks(chart).find_map(|mark| match mark {
        Mark::Line { points, .. } => Some(points),
        _ => None,
    });
    let curve = curve.unwrap();
    assert!(complete < 0.8 && curve.last().unwrap().1 == complete, "{complete}");
    assert!(curve.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1));
    assert!(labels(chart).iter().any(|text| text.ends_with("stuck: never end")));
    assert!(labels(chart).iter().any(|text| text.starts_with("by 10m: ")), "{:?}", labels(chart));
}

#[test]
fn pods_are_stacked_from_zero_and_pauses_are_shaded() {
    let failing = ["simulation.workload.default={failure: {probability: 30%}}", "spec.backoffLimit=100"];
    let charts = charts(&loaded("scenarios/black-hole", &failing), 5, 0);
    let chart = find(&charts, "pods-over-time");
    let areas: Vec<&Vec<(f64, f64, f64)>> = marks(chart)
        .filter_map(|mark| match mark {
            Mark::Area { points, .. } => Some(points),
            _ => None,
        })
        .collect();
    assert!(areas[0].iter().all(|point| point.1 == 0.0), "the lowest layer stands on zero");
    for pair in areas.windows(2) {
        assert!(pair[0].iter().zip(pair[1]).all(|(below, above)| below.2 == above.1));
    }
    let text = labels(chart);
    assert!(text.iter().any(|text| text.starts_with("back-off ")), "{text:?}");
    let failures = find(&charts, "failures");
    assert!(
        failures.title.contains("failed pod") && failures.title.contains("back-off"),
        "{}",
        failures.title
    );
    assert_eq!(failures.table.rows.len(), labels_of_failed(failures));
}

#[test]
fn a_suspension_is_shaded_no_pod_is_counted_twice_and_the_deadline_begins_anew() {
    let charts = charts(&loaded("scenarios/suspend-and-resume", &[]), 3, 0);
    let pods = find(&charts, "pods-over-time");
    // Five run, and while they are stopped the same five terminate.
    let highest = marks(pods).filter_map(|mark| match mark {
        Mark::Area { points, .. } => Some(points.iter().map(|point| point.2).fold(0.0, f64::max)),
        _ => None,
    });
    assert_eq!(highest.fold(0.0, f64::max), 5.0);
    for chart in [pods, find(&charts, "gantt")] {
        assert!(labels(chart).contains(&"suspended 1h"), "{:?}", labels(chart));
        assert!(chart.key.iter().any(|key| key.text == "suspended"));
    }
    // activeDeadlineSeconds of 1 h counts from the resumption: its end is beyond that of the Job.
    for chart in [find(&charts, "gantt"), find(&charts, "makespan")] {
        assert!(labels(chart).iter().all(|text| !text.starts_with("activeDeadlineSeconds")), "{}", chart.id);
    }
}

#[test]
fn indexes_that_a_change_adds_have_rows_and_a_time_before_all_ends_has_its_place() {
    let elastic = charts(&loaded("scenarios/elastic", &[]), 3, 0);
    let gantt = find(&elastic, "gantt");
    let Scale::Names(rows) = &gantt.panels[0].y.scale else { panic!("rows with names") };
    assert_eq!((rows.len(), rows[15].as_str()), (16, "index 15"));
    let pods = find(&elastic, "pods-over-time");
    let rules: Vec<&str> = marks(pods)
        .filter_map(|mark| match mark {
            Mark::RuleY { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(rules, ["parallelism 8 at first", "completions 8 at first"]);
    // Somebody asks for a share at 10m, and no run ends before 12m: the axis begins before both.
    let long = charts(&loaded("scenarios/queue-processor", &["spec.parallelism=4"]), 20, 0);
    let makespan = find(&long, "makespan");
    let Scale::Linear { from, .. } = makespan.x.scale else { panic!("a linear axis") };
    assert!(from < 600.0 && labels(makespan).contains(&"by 10m: 0 %"), "{from} {:?}", labels(makespan));
}

#[test]
fn a_pause_that_the_end_cuts_short_says_so() {
    let charts = charts(&loaded("scenarios/thundering-herd", &[]), 3, 1);
    let failures = find(&charts, "failures");
    assert!(labels(failures).contains(&"9m59s, cut short by the end"), "{:?}", labels(failures));
    let open = marks(failures).any(|mark| matches!(mark, Mark::Bars { bars, .. } if bars[0].goes_on));
    assert!(open);
    assert_eq!(find(&charts, "gantt").title, "thundering-herd: 100 pods, all of them fail");
}

/// How many failed pods the failures chart names.
fn labels_of_failed(chart: &Chart) -> usize {
    let text = labels(chart).into_iter().find_map(|text| text.strip_suffix(" failed pods"));
    text.unwrap().parse().unwrap()
}

#[test]
fn the_herd_is_a_spike_above_the_limit() {
    let charts = charts(&loaded("scenarios/thundering-herd", &[]), 3, 0);
    let chart = find(&charts, "load-payments");
    let limit = marks(chart).find_map(|mark| match mark {
        Mark::RuleY { at, text, .. } if text.starts_with("limit") => Some(*at),
        _ => None,
    });
    let highest = marks(chart)
        .filter_map(|mark| match mark {
            Mark::Bars { bars, hue: Hue::Blue, .. } => Some(bars),
            _ => None,
        })
        .flatten()
        .map(|bar| bar.y.1)
        .fold(0.0, f64::max);
    assert!(highest > limit.unwrap(), "{highest} {limit:?}");
    let first_tries: f64 = chart.table.rows.iter().map(|row| number(&row[1])).sum();
    assert!(first_tries > 0.0);
}

fn number(cell: &jobsim::report::chart::spec::Cell) -> f64 {
    match cell {
        jobsim::report::chart::spec::Cell::Number(number) => *number,
        other => panic!("{other:?}"),
    }
}

/// Tags are closed and quotes are paired; no attribute holds what is no number.
fn check_markup(text: &str, what: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in text.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').unwrap_or_else(|| panic!("{what}: <{tag}"));
        assert!(inside.matches('"').count() % 2 == 0, "{what}: <{inside}>");
        let name = inside.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
        match (inside.starts_with('/'), inside.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name), "{what}"),
            (false, false) => open.push(name),
            (false, true) => {}
        }
    }
    assert!(open.is_empty() && !text.contains("NaN") && !text.contains("inf"), "{what}: {open:?}");
}

#[test]
fn every_scenario_has_small_pictures_with_words_and_a_table() {
    for scenario in ["black-hole", "cron-at-midnight", "data-slicer", "retry-storm", "thundering-herd"] {
        let charts = charts(&loaded(&format!("scenarios/{scenario}"), &[]), 3, 1);
        assert!(charts.len() >= 3, "{scenario}");
        for chart in &charts {
            let what = format!("{scenario} {}", chart.id);
            let text = svg(chart, Ink::Page);
            check_markup(&text, &what);
            assert!(text.len() < 60_000, "{what}: {} bytes", text.len());
            assert!(
                text.contains("role=\"img\"") && text.contains("<title") && text.contains("<desc"),
                "{what}"
            );
            assert!(!text.contains('#'), "{what}: a page has two grounds, so no colour is fixed");
            assert!(!chart.title.is_empty() && chart.alt.len() > 40, "{what}: {}", chart.alt);
            assert!((1..=200).contains(&chart.table.rows.len()), "{what}");
            assert!(chart.table.rows.iter().all(|row| row.len() == chart.table.columns.len()), "{what}");
        }
    }
}

#[test]
fn ten_thousand_pods_are_still_a_small_picture_in_which_the_hung_one_is_seen() {
    let sets = [
        "spec.completions=10000",
        "spec.parallelism=2000",
        "spec.backoffLimit=10000",
        "simulation.workload.default={hang: {probability: 0.03%}, failure: {probability: 2%}}",
    ];
    let charts = charts(&loaded("scenarios/queue-processor", &sets), 1, 0);
    for chart in &charts {
        let text = svg(chart, Ink::Light);
        assert!(text.len() < 60_000, "{}: {} bytes", chart.id, text.len());
    }
    let gantt = find(&charts, "gantt");
    assert!(labels(gantt).iter().any(|text| text.contains("hang")), "{:?}", labels(gantt));
    let open = marks(gantt).filter(|mark| match mark {
        Mark::Bars { bars, hue, .. } => *hue == Hue::Purple && bars.iter().any(|bar| bar.goes_on),
        _ => false,
    });
    assert_eq!(open.count(), 1);
}

#[test]
fn hostile_words_stay_words() {
    let evil = "<script>alert(\"1\")</script>\u{202e}\u{2066}\u{2069}\u{200b}&'\n";
    let marks = vec![Mark::RuleX { at: 0.5, hue: Hue::Ink, text: evil.to_string() }];
    let chart = Chart {
        id: "a".to_string(),
        title: evil.to_string(),
        subtitle: evil.to_string(),
        alt: evil.to_string(),
        width: 300,
        height: 200,
        x: Axis::linear(evil, Unit::Number, 0.0, 1.0),
        panels: vec![Panel { y: Axis::names(evil, vec![evil.to_string()]), weight: 1.0, marks }],
        key: Vec::new(),
        table: Table::default(),
    };
    for ink in [Ink::Light, Ink::Dark, Ink::Page] {
        let text = svg(&chart, ink);
        check_markup(&text, "evil");
        assert!(!text.contains("<script"), "{text}");
        assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{2069}', '\u{200b}']), "{text}");
        assert!(text.contains("&lt;script&gt;"));
    }
}

#[test]
fn pictures_are_the_same_every_time_and_twice_as_dense() {
    let charts = charts(&loaded("scenarios/black-hole", &[]), 5, 0);
    let chart = find(&charts, "gantt");
    for ink in [Ink::Light, Ink::Dark] {
        let bytes = png(chart, ink).unwrap();
        assert_eq!(bytes, png(chart, ink).unwrap());
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
        let size = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((size(16), size(20)), (2 * chart.width, 2 * chart.height));
    }
    assert_ne!(png(chart, Ink::Light).unwrap(), png(chart, Ink::Dark).unwrap());
    let (light, dark) = page_css();
    let names =
        |css: &str| css.split(';').map(|d| d.split(':').next().unwrap().to_string()).collect::<Vec<_>>();
    assert_eq!(names(&light), names(&dark));
    let text = svg(chart, Ink::Page);
    for used in text.split("var(").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        assert!(names(&light).iter().any(|name| name == used), "{used}");
    }
}

fn json(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).args(["-o", "json"]);
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

#[test]
fn a_sweep_shows_its_knee_and_two_axes_a_heat_map() {
    let one = ["sweep", "scenarios/queue-processor", "--vary", "parallelism=1,2,5,10,25,50", "-n", "20"];
    let summary = json(&one);
    let cells = summary["cells"].as_array().unwrap();
    let knee = cells.iter().find(|cell| cell["knee"] == true).unwrap();
    let knee: f64 = knee["setting"][0]["value"].as_str().unwrap().parse().unwrap();
    let charts = sweep_figures(&summary);
    let chart = find(&charts, "sweep-makespan");
    let rings = marks(chart).filter_map(|mark| match mark {
        Mark::Dots { points, hue: Hue::Ink, .. } => Some(points[0].0),
        _ => None,
    });
    assert_eq!(rings.collect::<Vec<_>>(), [knee]);
    let means = marks(chart).find_map(|mark| match mark {
        Mark::Line { points, .. } => Some(points.len()),
        _ => None,
    });
    assert_eq!(means, Some(6));
    // The ticks are the settings; the other curves are explained by the key, not by words in the picture.
    assert_eq!(chart.x.at, [1.0, 2.0, 5.0, 10.0, 25.0, 50.0]);
    assert!(matches!(chart.x.scale, Scale::Log { .. }) && chart.x.unit == Unit::Count);
    let lines = chart.key.iter().filter(|key| matches!(key.sign, Sign::Line(_)));
    assert_eq!(lines.count(), 3);
    let two = ["--vary", "spec.backoffLimit=1,6"];
    let charts = sweep_figures(&json(&[&one[..], &two[..]].concat()));
    let heat = find(&charts, "heat-makespan");
    let cells = marks(heat).filter(|mark| matches!(mark, Mark::Bars { hue: Hue::Heat(_), .. })).count();
    assert_eq!(cells, 12);
    let ends: Vec<Hue> = heat.key.iter().map(|key| key.hue).collect();
    assert_eq!(ends, [Hue::Heat(0), Hue::Heat(8)], "what the colours stand for");
}

/// With -n auto every setting has its own number of replications.
#[test]
fn shares_of_an_adaptive_sweep_are_of_the_runs_of_each_setting() {
    let axes =
        ["--vary", "parallelism=1..4:x2", "--vary", "spec.template.spec.activeDeadlineSeconds=null,100"];
    let auto = ["-n", "auto", "--subject-to", "stuck<=0.1%"];
    let summary = json(&[&["sweep", "scenarios/black-hole"][..], &axes, &auto].concat());
    let counts: Vec<u64> =
        summary["cells"].as_array().unwrap().iter().map(|c| c["replications"].as_u64().unwrap()).collect();
    let (least, most) = (*counts.iter().min().unwrap(), *counts.iter().max().unwrap());
    assert!(least < most, "{counts:?}");
    let charts = sweep_figures(&summary);
    for chart in &charts {
        assert!(chart.subtitle.contains(&format!("{least} to ")), "{}: {}", chart.id, chart.subtitle);
        assert!(chart.subtitle.contains(" of each"), "{}: {}", chart.id, chart.subtitle);
    }
    let share = |cell: &jobsim::report::chart::spec::Cell| (0.0..=1.0).contains(&number(cell));
    let curve = find(&charts, "sweep-complete");
    assert!(curve.table.rows.iter().all(|row| row[1..].iter().all(share)), "{:?}", curve.table.rows);
    let heat = find(&charts, "heat-complete");
    assert!(heat.table.rows.iter().all(|row| share(&row[2])), "{:?}", heat.table.rows);
    assert!(labels(heat).iter().all(|text| text.len() <= "99.99 %".len()), "{:?}", labels(heat));
}

#[test]
fn settings_that_are_no_numbers_are_rows() {
    let policies = "spec.podReplacementPolicy=TerminatingOrFailed,Failed";
    let charts = sweep_figures(&json(&["sweep", "scenarios/black-hole", "--vary", policies, "-n", "20"]));
    let chart = find(&charts, "sweep-makespan");
    let names = ["TerminatingOrFailed", "Failed"].map(String::from).to_vec();
    assert_eq!(chart.panels[0].y.scale, Scale::Names(names));
    assert!(matches!(chart.x.scale, Scale::Linear { from: 0.0, .. }));
    assert_eq!(labels(chart), ["60 % complete", "60 % complete"]);
}

#[test]
fn a_difference_of_many_times_the_base_is_an_arrow_and_not_a_point() {
    let backoff = "scenarios/thundering-herd/client-backoff";
    let charts = compare_figures(&json(&["compare", "scenarios/thundering-herd", backoff, "-n", "20"]));
    let chart = find(&charts, "compare");
    let arrows = marks(chart).filter(|mark| matches!(mark, Mark::Dots { dot: Dot::Right, .. })).count();
    assert!(arrows >= 1 && chart.subtitle.contains("arrows: beyond the axis"), "{}", chart.subtitle);
    assert!(labels(chart).iter().any(|text| text.starts_with('+') && text.ends_with(" %")));
    // No interval reaches beyond the axis.
    let Scale::Linear { from, to } = chart.x.scale else { panic!("a linear axis") };
    for mark in marks(chart) {
        if let Mark::Ranges { points, .. } = mark {
            assert!(points.iter().all(|&(_, low, high)| from <= low && low <= high && high <= to));
        }
    }
    let outcomes = find(&charts, "compare-outcomes");
    assert!(labels(outcomes).contains(&"+100 points"), "{:?}", labels(outcomes));
}

#[test]
fn comparisons_and_recommendations_have_pictures() {
    let deadline = "scenarios/black-hole/with-pod-deadline";
    let charts = compare_figures(&json(&["compare", "scenarios/black-hole", deadline, "-n", "100"]));
    let outcomes = find(&charts, "compare-outcomes");
    assert!(outcomes.title.starts_with("with-pod-deadline against black-hole: "), "{}", outcomes.title);
    let zero = marks(outcomes).any(|mark| matches!(mark, Mark::RuleX { at, .. } if *at == 0.0));
    assert!(zero);
    let arguments =
        ["recommend", "scenarios/black-hole", "--minimize", "makespan", "--subject-to", "stuck<=5%"];
    let answer =
        json(&[&arguments[..], &["--vary", "spec.template.spec.activeDeadlineSeconds=null,600"]].concat());
    let charts = recommend_figures(&answer);
    let never = find(&charts, "pareto");
    assert!(never.subtitle.contains("1 not shown"), "{}", never.subtitle);
    let front = ["recommend", "scenarios/queue-processor", "--minimize", "makespan", "--brief"];
    let limit = ["--subject-to", "peak_running<=20", "--vary", "parallelism=5,20,40"];
    let front = recommend_figures(&json(&[&front[..], &limit].concat()));
    let front = find(&front, "pareto");
    let keys: Vec<&str> = front.key.iter().map(|key| key.text.as_str()).collect();
    assert_eq!(keys, ["Pareto front, over all constraints", "recommended", "on the front, and not allowed"]);
    let crosses = marks(front).filter_map(|mark| match mark {
        Mark::Dots { points, dot: Dot::Cross, hue: Hue::Blue } => Some(points.len()),
        _ => None,
    });
    assert_eq!(crosses.sum::<usize>(), 1);
    let curve = find(&charts, "deadline-pod-black-hole");
    let best = answer["deadlines"][0]["pod"]["recommended_s"].as_f64().unwrap();
    assert!(marks(curve).any(|mark| matches!(mark, Mark::RuleX { at, .. } if *at == best)));
}

#[test]
fn the_result_folder_holds_the_pictures_whatever_the_threads() {
    let save = |name: &str, threads: &str| -> Vec<(String, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        command
            .args(["run", "scenarios/black-hole", "-n", "20", "--threads", threads, "--save"])
            .arg(&folder);
        assert!(command.output().unwrap().status.success());
        let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
        let name = |entry: &std::fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut files: Vec<(String, Vec<u8>)> =
            entries.map(|entry| (name(&entry), std::fs::read(entry.path()).unwrap())).collect();
        files.sort();
        files
    };
    let (one, two) = (save("charts-1", "1"), save("charts-2", "2"));
    assert!(one == two);
    for name in ["makespan.svg", "makespan.png", "pods-over-time.svg", "gantt.svg", "gantt.png"] {
        assert!(one.iter().any(|file| file.0 == name), "{name}");
    }
    assert!(one.iter().all(|file| !file.0.ends_with(".part")));
}
