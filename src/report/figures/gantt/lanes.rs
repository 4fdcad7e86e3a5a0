//! What each bar of a Gantt chart shows, and in which lane it is.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::engine::time::SimTime;
use crate::kubernetes::facts::Phase;
use crate::observe::course::{CoursePod, Doing, End, Stretch};
use crate::report::chart::spec::Hue;
use crate::report::figures::RunView;

/// What a bar shows, from the most to the least remarkable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Hangs,
    Failed,
    Killed,
    BackOff,
    Waits,
    Pending,
    Runs,
    Succeeded,
}

pub(super) const KINDS: [(Kind, Hue, &str); 8] = [
    (Kind::Succeeded, Hue::Green, "runs, and succeeds"),
    (Kind::Runs, Hue::Blue, "runs, and has not ended"),
    (Kind::Waits, Hue::Orange, "in a call to a dependency"),
    (Kind::Pending, Hue::Pale, "pending or starting"),
    (Kind::Failed, Hue::Red, "runs, and fails"),
    (Kind::BackOff, Hue::Yellow, "back-off before a restart or a new pod"),
    (Kind::Killed, Hue::Quiet, "runs, and is killed"),
    (Kind::Hangs, Hue::Purple, "hangs"),
];

pub(super) fn kind(stretch: &Stretch, pod: &CoursePod) -> Kind {
    match stretch.doing {
        Doing::Hanging => Kind::Hangs,
        Doing::CrashBackOff => Kind::BackOff,
        Doing::Unscheduled | Doing::Starting => Kind::Pending,
        Doing::Terminating => Kind::Killed,
        Doing::Waiting => Kind::Waits,
        Doing::Running => match stretch.end {
            End::Failed if pod.deleted.is_some() => Kind::Killed,
            End::Failed => Kind::Failed,
            End::Open => Kind::Runs,
            // A run in several stretches ends as its pod does.
            End::Went if pod.phase == Phase::Running => Kind::Runs,
            End::Went | End::Succeeded => Kind::Succeeded,
        },
    }
}

/// A stretch in its lane, in seconds.
pub(super) struct Laid {
    pub lane: usize,
    pub from: f64,
    pub to: f64,
    pub goes_on: bool,
    pub kind: Kind,
}

/// For each pod of the course its lane, and how many there are: its index, or the lowest slot that is free.
pub(super) fn lanes(view: &RunView, job: usize, by_index: Option<usize>) -> (Vec<Option<usize>>, usize) {
    let course = &view.shown.course;
    let mut lane_of = vec![None; course.pods.len()];
    let mine = course.pods.iter().enumerate().filter(|(_, pod)| pod.job as usize == job);
    if let Some(indexes) = by_index {
        for (at, pod) in mine {
            lane_of[at] = pod.index.map(|index| index as usize);
        }
        return (lane_of, indexes);
    }
    let mut free = BTreeSet::new();
    let mut busy: BinaryHeap<Reverse<(SimTime, usize)>> = BinaryHeap::new();
    let mut lanes = 0;
    for (at, pod) in mine {
        while let Some(&Reverse((end, lane))) = busy.peek()
            && end <= pod.created
        {
            busy.pop();
            free.insert(lane);
        }
        let lane = free.pop_first().unwrap_or_else(|| {
            lanes += 1;
            lanes - 1
        });
        lane_of[at] = Some(lane);
        busy.push(Reverse((pod.gone.unwrap_or(SimTime::NEVER), lane)));
    }
    (lane_of, lanes)
}
