//! Single runs: which ones are told, step by step with the state of the Job beside each step, and their pods.
//!
//! Relies on `report::story` and `report::why` for the words. A run is simulated once more to be told.

use super::figures::outcome;
use super::markup::Html;
use crate::engine::time::SimTime;
use crate::experiment::replicate::{Run, median_replication, worst_replication};
use crate::kubernetes::facts::Phase;
use crate::kubernetes::simulate::{Ending, Outcome, Seed, Until, simulate};
use crate::model::scenario::Scenario;
use crate::observe::explain::{Life, Story};
use crate::observe::pod_table::PodRow;
use crate::observe::timeline::{Timeline, TimelineRow};
use crate::report::chart::Chart;
use crate::report::story::{Excerpt, Filter, clock, excerpt, lines, phases};
use crate::report::why::{self, Subject};
use crate::report::words::duration;

/// Jobs of a run that are told.
const MOST_JOBS: usize = 8;
/// Steps and pods of a run, over all of its Jobs.
const MOST_STEPS: usize = 240;
const MOST_PODS: usize = 1000;
/// Of a run that is not the one in pods.csv.
const MOST_PODS_BESIDES: usize = 200;
/// Longer tables are folded.
const MOST_OPEN_ROWS: usize = 30;

/// Why a run is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Asked,
    Median,
    Worst,
    /// The first that is stuck, or failed, when the others are not.
    Stuck,
    Failed,
}

/// A run that is told.
pub struct ShownRun {
    pub role: Role,
    pub replication: u64,
    pub ending: Ending,
    pub story: Story,
    pub timeline: Vec<TimelineRow>,
    /// Pictures of it that the page does not have elsewhere.
    pub charts: Vec<Chart>,
}

impl ShownRun {
    /// Simulates it once more.
    pub fn new(scenario: &Scenario, seed: u64, role: Role, replication: u64) -> ShownRun {
        let mut seen = (Story::default(), Timeline::new(scenario.jobs.len() as u32));
        let ending = simulate(scenario, Seed { seed, replication }, Until::AllJobsEnded, &mut seen);
        ShownRun { role, replication, ending, story: seen.0, timeline: seen.1.rows, charts: Vec::new() }
    }

    /// The runs that a page tells of: the one that was asked for or the median one, the worst, and one of each bad kind that
    /// these do not show.
    pub fn choose(runs: &[Run], asked: Option<u64>) -> Vec<(Role, u64)> {
        let first = match asked {
            Some(replication) => (Role::Asked, replication),
            None => (Role::Median, median_replication(runs)),
        };
        let mut chosen = vec![first];
        let mut add = |role, replication: u64| {
            if chosen.iter().all(|(_, known)| *known != replication) {
                chosen.push((role, replication));
            }
        };
        let is = |replication: u64, kind: fn(&Outcome) -> bool| {
            runs[replication as usize].jobs.iter().any(|job| kind(&job.ending.outcome))
        };
        let worst = worst_replication(runs);
        if !alike(&runs[first.1 as usize], &runs[worst as usize]) {
            add(Role::Worst, worst);
        }
        let (stuck, failed) =
            (|o: &_| matches!(o, Outcome::Stuck(_)), |o: &_| matches!(o, Outcome::Failed(_)));
        for (role, kind) in [(Role::Stuck, stuck as fn(&Outcome) -> bool), (Role::Failed, failed)] {
            let shown = chosen.iter().any(|(_, replication)| is(*replication, kind));
            if !shown && let Some(first) = (0..runs.len() as u64).find(|replication| is(*replication, kind)) {
                chosen.push((role, first));
            }
        }
        chosen
    }

    pub(super) fn id(&self) -> &'static str {
        match self.role {
            Role::Asked | Role::Median => "median-run",
            Role::Worst => "worst-run",
            Role::Stuck => "stuck-run",
            Role::Failed => "failed-run",
        }
    }

    pub(super) fn heading(&self) -> &'static str {
        match self.role {
            Role::Asked => "The run asked for",
            Role::Median => "The median run",
            Role::Worst => "The worst run",
            Role::Stuck => "A run that hangs",
            Role::Failed => "A run that fails",
        }
    }

    /// Whether its pods are in pods.csv.
    fn is_saved(&self) -> bool {
        matches!(self.role, Role::Asked | Role::Median)
    }
}

/// Whether the second of two runs has nothing to tell after the first: every Job ends alike, and in the same time up to 1 %.
fn alike(a: &Run, b: &Run) -> bool {
    a.jobs.iter().zip(&b.jobs).all(|(a, b)| {
        let times = match (a.makespan_s(), b.makespan_s()) {
            (Some(a), Some(b)) => (a - b).abs() <= 0.01 * a,
            (a, b) => a == b,
        };
        times && a.ending.outcome == b.ending.outcome
    })
}

/// What happened in a run.
pub(super) fn run(shown: &ShownRun, scenario: &Scenario) -> Html {
    let mut html = Html::default();
    html.raw("<p>").text(&match shown.role {
        Role::Asked => format!("Replication {}, as --replication says.", shown.replication),
        Role::Median => format!(
            "Replication {}: half of the runs take longer (a run that never ends counts as infinitely long).",
            shown.replication
        ),
        Role::Worst => format!(
            "Replication {}: hanging is worse than failing, that worse than completing; of alike ones the longest.",
            shown.replication
        ),
        Role::Stuck | Role::Failed => format!("Replication {}, the first of its kind.", shown.replication),
    });
    html.raw("</p>\n");
    let told = shown.ending.jobs.len().min(MOST_JOBS);
    for (job, ending) in (0u32..).zip(&shown.ending.jobs).take(MOST_JOBS) {
        if shown.ending.jobs.len() > 1 {
            html.raw("<h3><bdi>").text(&scenario.jobs[job as usize].name).raw("</bdi></h3>\n");
        }
        match ending.created_at {
            Some(zero) => {
                let subject = Subject { story: &shown.story, scenario, job, ending, zero };
                html.part(job_of_run(shown, &subject, told));
            }
            None => {
                html.raw("<p>It was never created.</p>\n");
            }
        }
    }
    if shown.ending.jobs.len() > MOST_JOBS {
        let left = shown.ending.jobs.len() - MOST_JOBS;
        html.raw("<p class=\"note\">")
            .text(&format!("{left} more Jobs: jobsim explain tells of all."))
            .raw("</p>\n");
    }
    html
}

fn job_of_run(shown: &ShownRun, subject: &Subject, jobs: usize) -> Html {
    let mut html = Html::default();
    let ending = subject.ending;
    let end = ending.finished_at.unwrap_or(ending.last_change).since(subject.zero);
    html.raw("<p><strong>").text(&outcome(ending.outcome.name(), ending.outcome.reason())).raw("</strong> ");
    html.text(&format!("after {}; pods: {}.", duration(end.seconds()), phases(subject.story, subject.job)))
        .raw("</p>\n");
    let why = match ending.outcome {
        Outcome::Stuck(_) => why::stuck(subject),
        Outcome::Failed(_) => why::failed(subject),
        _ => why::slow(subject),
    };
    html.raw("<pre class=\"why\">").text(&why).raw("</pre>\n");
    html.part(steps(shown, subject, MOST_STEPS / jobs.max(1)));
    html.part(pods(shown, subject, jobs));
    html
}

/// Every step with the state after it. Scripts turn it into something to walk through.
fn steps(shown: &ShownRun, subject: &Subject, most: usize) -> Html {
    let filter = Filter { all: true, ..Filter::default() };
    let told = excerpt(lines(subject.story, subject.scenario, subject.job, subject.zero, &filter), most);
    let Excerpt { lines, gap, left_out } = told;
    let mut html = Html::default();
    html.raw("<div class=\"steps\">\n<div class=\"stepper\" hidden>\n");
    html.raw("<div class=\"walk\"><button type=\"button\" class=\"prev\">◀ Back</button>");
    html.raw("<input type=\"range\" min=\"0\" value=\"0\" max=\"")
        .number(lines.len().saturating_sub(1) as u64);
    html.raw(
        "\" aria-label=\"Step of the run\"><button type=\"button\" class=\"next\">Next ▶</button></div>\n",
    );
    html.raw("<div class=\"now\" aria-live=\"polite\"></div></div>\n");
    html.raw("<div class=\"scroll tall\" role=\"group\" tabindex=\"0\" aria-label=\"Steps: ")
        .text(shown.heading());
    html.raw(", ").text(&subject.scenario.jobs[subject.job as usize].name);
    html.raw("\"><table><caption>Step by step, from the Job's creation</caption><thead><tr><th scope=\"col\">time</th>");
    html.raw("<th scope=\"col\">what happens</th>");
    for column in ["active", "pending", "running", "terminating", "succeeded", "failed"] {
        html.raw("<th scope=\"col\" class=\"n\">").raw(column).raw("</th>");
    }
    html.raw("</tr></thead><tbody>\n");
    let mut states = shown.timeline.iter().filter(|row| row.job == subject.job).peekable();
    let mut state: Option<&TimelineRow> = None;
    for (at, line) in lines.iter().enumerate() {
        if gap == Some(at) {
            html.raw(
                "<tr class=\"gap\"><td>…</td><td colspan=\"7\">steps in between are left out</td></tr>\n",
            );
        }
        while let Some(row) = states.next_if(|row| row.t <= line.t) {
            state = Some(row);
        }
        let t = SimTime::from_nanos(subject.zero.nanos() + line.tick * 100_000_000);
        html.raw("<tr><th scope=\"row\">")
            .text(&clock(t, subject.zero))
            .raw("</th><td>")
            .sentence(&line.text)
            .raw("</td>");
        let s =
            state.map_or([0; 6], |s| [s.active, s.pending, s.running, s.terminating, s.succeeded, s.failed]);
        for count in s {
            html.raw("<td class=\"n\">").number(count).raw("</td>");
        }
        html.raw("</tr>\n");
    }
    html.raw("</tbody></table></div>\n</div>\n");
    if left_out > 0 {
        html.raw("<p class=\"note\">").text(&format!(
            "{left_out} steps that matter less are left out: jobsim explain --replication {} --all tells every one.",
            shown.replication
        ));
        html.raw("</p>\n");
    }
    html
}

/// The pods, those that went wrong first when there are too many.
fn pods(shown: &ShownRun, subject: &Subject, jobs: usize) -> Html {
    let of_job = |(row, _): &(&PodRow, &Life)| row.job == subject.job;
    let mut pods: Vec<(&PodRow, &Life)> = shown.story.pods().filter(of_job).collect();
    let all = pods.len();
    let most = if shown.is_saved() { MOST_PODS } else { MOST_PODS_BESIDES } / jobs.max(1);
    if all > most {
        pods.sort_by_key(|(row, life)| {
            let trouble = match row.phase {
                Phase::Failed => 0,
                Phase::Succeeded if row.restarts > 0 => 2,
                Phase::Succeeded => 3,
                _ => 1,
            };
            (trouble, std::cmp::Reverse(life.ran.nanos()), row.pod)
        });
        pods.truncate(most);
    }
    let mut html = Html::default();
    html.raw(if pods.len() > MOST_OPEN_ROWS {
        "<details class=\"pods\">"
    } else {
        "<details class=\"pods\" open>"
    });
    html.raw("<summary>Pods (").number(all as u64).raw(")</summary>\n");
    if all > most {
        let rest = match shown.is_saved() {
            true => "all are in pods.csv beside this page".to_string(),
            false => format!("run with --replication {} --save DIR writes all", shown.replication),
        };
        html.raw("<p class=\"note\">").text(&format!(
            "{most} of {all} pods: first those that failed, then those that did not end, were restarted, or ran longest; {rest}."
        ));
        html.raw("</p>\n");
    }
    let name = format!("{}-{}", shown.id(), subject.job);
    html.raw("<div class=\"filter\" hidden><label for=\"filter-")
        .text(&name)
        .raw("\">Show only pods with </label>");
    html.raw("<input type=\"search\" autocomplete=\"off\" spellcheck=\"false\" id=\"filter-").text(&name);
    html.raw("\" placeholder=\"failed, 17, hangs …\"> <span class=\"count\" role=\"status\"></span></div>\n");
    html.raw("<div class=\"scroll tall\" role=\"group\" tabindex=\"0\" aria-label=\"Pods: ")
        .text(shown.heading());
    html.raw(", ").text(&subject.scenario.jobs[subject.job as usize].name);
    html.raw("\"><table><caption>Pods, times from the Job's creation</caption><thead><tr>");
    let indexed = subject.scenario.jobs[subject.job as usize].spec.is_indexed();
    let of_index = if indexed { "index attempt " } else { "" };
    for columns in ["pod ", of_index, "created running ended ran phase exit_code restarts note"] {
        for column in columns.split_whitespace() {
            let is_text = ["pod", "phase", "note"].contains(&column);
            html.raw(if is_text { "<th scope=\"col\">" } else { "<th scope=\"col\" class=\"n\">" });
            html.text(&column.replace('_', " ")).raw("</th>");
        }
    }
    html.raw("</tr></thead><tbody>\n");
    for (row, life) in pods {
        pod(&mut html, row, life, subject.zero, indexed);
    }
    html.raw("</tbody></table></div>\n</details>\n");
    html
}

fn pod(html: &mut Html, row: &PodRow, life: &Life, zero: SimTime, indexed: bool) {
    let at = |t: Option<SimTime>| t.map_or_else(|| "–".to_string(), |t| clock(t, zero));
    html.raw("<tr><th scope=\"row\">").number(row.pod).raw("</th>");
    if indexed {
        html.raw("<td class=\"n\">")
            .text(&row.index.map_or_else(String::new, |index| index.to_string()))
            .raw("</td>");
        html.raw("<td class=\"n\">").number(row.attempt).raw("</td>");
    }
    for time in [Some(row.created), row.started, row.finished] {
        html.raw("<td class=\"n\">").text(&at(time)).raw("</td>");
    }
    // What still runs has no length yet.
    let ran = if life.running_since.is_some() { "–".to_string() } else { duration(life.ran.seconds()) };
    html.raw("<td class=\"n\">").text(&ran).raw("</td><td>").raw(row.phase.as_str());
    html.raw("</td><td class=\"n\">").text(&row.exit_code.map_or_else(String::new, |code| code.to_string()));
    html.raw("</td><td class=\"n\">")
        .number(row.restarts)
        .raw("</td><td>")
        .text(&note(row, life, zero))
        .raw("</td></tr>\n");
}

fn note(row: &PodRow, life: &Life, zero: SimTime) -> String {
    if row.phase.is_terminal() {
        return row.reason.to_string();
    }
    match (life.deleted, life.hangs_since) {
        (Some(t), _) => format!("being deleted since {}", clock(t, zero)),
        (None, Some(t)) => format!("hangs since {}", clock(t, zero)),
        (None, None) => row.reason.to_string(),
    }
}
