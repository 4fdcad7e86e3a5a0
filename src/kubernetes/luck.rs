//! The fate of a pod: all of it drawn when the pod is created.
//!
//! Pod number k of a NonIndexed Job takes the k-th number of each purpose's stream; a pod of an Indexed Job takes
//! what belongs to (index, attempt). So a pod keeps its luck when parallelism changes, and comparing two settings
//! needs about a hundred times fewer replications. A fixed number of draws for each purpose, used or not.

use crate::engine::distribution::Distribution;
use crate::engine::streams::{Keyed, Purpose, Stream};
use crate::engine::time::SimDuration;
use crate::model::workload::{FailureLaw, RunTime, SampledWorkload};

/// What one attempt of a container will do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// [`SimDuration::NEVER`]: it hangs.
    pub(super) run: SimDuration,
    pub(super) exit_code: i32,
    /// When it stops doing anything, if it hangs.
    pub(super) hangs_after: SimDuration,
}

/// What one pod will do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fate {
    pub(super) schedule: SimDuration,
    pub(super) startup: SimDuration,
    pub(super) attempt: Attempt,
}

impl Fate {
    const ZERO: Fate = Fate {
        schedule: SimDuration::ZERO,
        startup: SimDuration::ZERO,
        attempt: Attempt { run: SimDuration::ZERO, exit_code: 0, hangs_after: SimDuration::NEVER },
    };
}

/// Whose luck is asked for.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    /// A restart of pod number `ordinal` of a NonIndexed Job.
    Restart { ordinal: u32, restarts: u32 },
    /// Run number `restarts` of attempt `attempt` of an index.
    Index { index: u32, attempt: u32, restarts: u32 },
}

/// The random numbers of one Job in one replication.
pub(super) struct Luck<'a> {
    workload: &'a SampledWorkload,
    fixed_schedule: Option<SimDuration>,
    fixed_startup: Option<SimDuration>,
    fixed_run: Option<SimDuration>,
    draws: Draws,
}

/// What has been drawn, and the streams for more. It depends on the seed, the replication and the distributions only,
/// so that runs of other settings under the same luck need not draw it again.
pub(super) struct Draws {
    keyed: Keyed,
    streams: Box<Streams>,
    /// Fates of pods of a NonIndexed Job, and how many of them are used up. They depend on their number only, so they
    /// are drawn some at a time: the processor then works on several at once.
    fates: Vec<Fate>,
    used: usize,
    /// Fates that are used up stay, for another run.
    keeps: bool,
    /// The first of the fates is that of the first pod.
    whole: bool,
}

struct Streams {
    schedule: Stream,
    startup: Stream,
    run: Stream,
    fail_coin: Stream,
    fail_point: Stream,
    hang_coin: Stream,
    hang_point: Stream,
}

/// What the Jobs of one run have drawn, for the next run with the same seed and replication.
#[derive(Default)]
pub struct KeptLuck(pub(super) Vec<Option<Draws>>);

/// Stands for all the own work of a container that calls dependencies: how long that is, is not known here.
pub(super) const WHOLE: SimDuration = SimDuration::from_nanos(1 << 50);

/// How many fates are drawn together: few at first, for Jobs of few pods.
const FIRST_DRAW: usize = 8;
const MOST_DRAWN: usize = 64;

/// So many fates of a Job are kept for another run; 640 kB.
const MOST_KEPT: usize = 1 << 14;

/// Draws for the next pods, in order of creation.
fn draw_next<'l>(
    distribution: &Distribution,
    fixed: Option<SimDuration>,
    stream: &mut Stream,
    units: &mut [f64],
    lengths: impl Iterator<Item = &'l mut SimDuration>,
) {
    match fixed {
        Some(length) => lengths.for_each(|it| *it = length),
        None => {
            stream.fill(units);
            distribution.sample_each(units, lengths);
        }
    }
}

impl Draws {
    /// Nothing drawn yet, of Job number `job` in replication number `replication` under `seed`.
    fn new(seed: u64, replication: u64, job: u32) -> Draws {
        let seed = seed_of_job(seed, job);
        let stream = |purpose| Stream::new(seed, replication, purpose);
        let streams = Streams {
            schedule: stream(Purpose::Schedule),
            startup: stream(Purpose::Startup),
            run: stream(Purpose::Run),
            fail_coin: stream(Purpose::FailCoin),
            fail_point: stream(Purpose::FailPoint),
            hang_coin: stream(Purpose::HangCoin),
            hang_point: stream(Purpose::HangPoint),
        };
        Draws {
            keyed: Keyed::new(seed, replication),
            streams: Box::new(streams),
            fates: Vec::new(),
            used: 0,
            keeps: false,
            whole: true,
        }
    }

    /// Places for more fates behind those that are used up.
    fn make_room(&mut self) {
        let count = (2 * self.fates.len()).clamp(FIRST_DRAW, MOST_DRAWN);
        if !self.keeps || self.fates.len() + count > MOST_KEPT {
            self.whole &= self.fates.is_empty();
            self.fates.clear();
        }
        self.used = self.fates.len();
        self.fates.resize(self.used + count, Fate::ZERO);
    }
}

impl<'a> Luck<'a> {
    /// The luck of Job number `job` in replication number `replication` under `seed`.
    pub(super) fn new(workload: &'a SampledWorkload, seed: u64, replication: u64, job: u32) -> Luck<'a> {
        let fixed_run = match &workload.run {
            RunTime::Steps(steps) => {
                steps.iter().map(Distribution::is_constant).try_fold(SimDuration::ZERO, |a, d| Some(a + d?))
            }
            RunTime::ByIndex(_) => None,
            RunTime::Program(_) => Some(WHOLE),
        };
        Luck {
            workload,
            fixed_schedule: workload.schedule.is_constant(),
            fixed_startup: workload.startup.is_constant(),
            fixed_run,
            draws: Draws::new(seed, replication, job),
        }
    }

    /// Begins with what an earlier run has drawn under the same seed, replication and distributions, if it has kept
    /// all of it, and keeps what is drawn now.
    pub(super) fn begin_with(&mut self, drawn: Option<Draws>) {
        if let Some(drawn) = drawn.filter(|drawn| drawn.keeps && drawn.whole) {
            self.draws = Draws { used: 0, ..drawn };
        }
        self.draws.keeps = true;
    }

    pub(super) fn into_draws(self) -> Draws {
        self.draws
    }

    /// The fate of the next pod of a NonIndexed Job, in order of creation.
    #[inline]
    pub(super) fn next_pod(&mut self) -> Fate {
        if self.draws.used == self.draws.fates.len() {
            self.draw_more();
        }
        self.draws.used += 1;
        self.draws.fates[self.draws.used - 1]
    }

    /// One kind of number after the other, so that each loop is short.
    #[inline(never)]
    fn draw_more(&mut self) {
        let Luck { workload, fixed_schedule, fixed_startup, fixed_run, draws } = self;
        draws.make_room();
        let Draws { streams, fates, used, .. } = draws;
        let fates = &mut fates[*used..];
        let mut units = [0.0; MOST_DRAWN];
        let units = &mut units[..fates.len()];
        let schedules = fates.iter_mut().map(|fate| &mut fate.schedule);
        draw_next(&workload.schedule, *fixed_schedule, &mut streams.schedule, units, schedules);
        let startups = fates.iter_mut().map(|fate| &mut fate.startup);
        draw_next(&workload.startup, *fixed_startup, &mut streams.startup, units, startups);
        let runs = fates.iter_mut().map(|fate| &mut fate.attempt.run);
        match (&workload.run, *fixed_run) {
            (_, Some(length)) => runs.for_each(|run| *run = length),
            (RunTime::Steps(steps), None) if steps.len() == 1 => {
                draw_next(&steps[0], None, &mut streams.run, units, runs);
            }
            (RunTime::Steps(steps), None) => {
                runs.for_each(|run| *run = sum_of(steps, |_| streams.run.unit()));
            }
            _ => unreachable!("{BY_INDEX}"),
        }
        let mut points = [Points::UNUSED; MOST_DRAWN];
        let mut draw = |stream: &mut Stream, set: fn(&mut Points, f64)| {
            stream.fill(units);
            points.iter_mut().zip(&*units).for_each(|(points, &u)| set(points, u));
        };
        if may_fail(workload) {
            draw(&mut streams.fail_coin, |points, u| points.fail_coin = u);
            draw(&mut streams.fail_point, |points, u| points.fail_point = u);
        }
        if may_hang(workload) {
            draw(&mut streams.hang_coin, |points, u| points.hang_coin = u);
            draw(&mut streams.hang_point, |points, u| points.hang_point = u);
        }
        for (fate, points) in fates.iter_mut().zip(&points) {
            fate.attempt = end_of(workload, fate.attempt.run, None, points);
        }
    }

    /// The fate of a pod of an Indexed Job.
    #[inline]
    pub(super) fn pod(&self, whose: Whose) -> Fate {
        let length = |distribution: &Distribution, fixed: Option<SimDuration>, purpose| {
            fixed.unwrap_or_else(|| distribution.sample(self.unit(whose, purpose, 0)))
        };
        Fate {
            schedule: length(&self.workload.schedule, self.fixed_schedule, Purpose::Schedule),
            startup: length(&self.workload.startup, self.fixed_startup, Purpose::Startup),
            attempt: self.attempt(whose),
        }
    }

    /// The fate of one run of the container: whether it hangs is decided first.
    #[inline]
    pub(super) fn attempt(&self, whose: Whose) -> Attempt {
        let work = self.fixed_run.unwrap_or_else(|| self.work(whose));
        let mut points = Points::UNUSED;
        if may_fail(self.workload) {
            points.fail_coin = self.unit(whose, Purpose::FailCoin, 0);
            points.fail_point = self.unit(whose, Purpose::FailPoint, 0);
        }
        if may_hang(self.workload) {
            points.hang_coin = self.unit(whose, Purpose::HangCoin, 0);
            points.hang_point = self.unit(whose, Purpose::HangPoint, 0);
        }
        let poison = match (&self.workload.poison, whose) {
            (Some(poison), Whose::Index { index, .. }) if poison.has(index) => Some(poison.exit_code),
            _ => None,
        };
        end_of(self.workload, work, poison, &points)
    }

    #[inline]
    fn work(&self, whose: Whose) -> SimDuration {
        match &self.workload.run {
            RunTime::Steps(steps) => sum_of(steps, |step| self.unit(whose, Purpose::Run, step)),
            RunTime::Program(_) => WHOLE,
            RunTime::ByIndex(list) => {
                let Whose::Index { index, .. } = whose else { unreachable!("{BY_INDEX}") };
                // More indexes than distributions can only come from an elastic Job: the last one repeats.
                let distribution = &list[(index as usize).min(list.len() - 1)];
                distribution.sample(self.unit(whose, Purpose::Run, 0))
            }
        }
    }

    #[inline]
    fn unit(&self, whose: Whose, purpose: Purpose, step: u32) -> f64 {
        let (key, restarts) = match whose {
            Whose::Restart { ordinal, restarts } => (1 << 63 | u64::from(ordinal), restarts),
            Whose::Index { index, attempt, restarts } => {
                (u64::from(index) << 32 | u64::from(attempt), restarts)
            }
        };
        self.draws.keyed.unit(purpose, key, restarts << 8 | step)
    }
}

const BY_INDEX: &str = "byIndex needs an Indexed Job, which input checks";

/// Whether pods of both workloads have the same fates under the same luck, in a NonIndexed Job.
pub(super) fn draw_the_same(a: &SampledWorkload, b: &SampledWorkload) -> bool {
    let same_run = match (&a.run, &b.run) {
        (RunTime::Steps(a), RunTime::Steps(b)) => a == b,
        // Their length is not drawn here.
        (RunTime::Program(_), RunTime::Program(_)) => true,
        _ => false,
    };
    same_run
        && (&a.schedule, &a.startup) == (&b.schedule, &b.startup)
        && (a.failure, a.hang_probability) == (b.failure, b.hang_probability)
        && may_fail(a) == may_fail(b)
}

fn may_fail(workload: &SampledWorkload) -> bool {
    workload.failure.is_some() || workload.poison.is_some()
}

fn may_hang(workload: &SampledWorkload) -> bool {
    workload.hang_probability > 0.0
}

/// Steps one after the other; `unit`: the uniform number of each.
fn sum_of(steps: &[Distribution], mut unit: impl FnMut(u32) -> f64) -> SimDuration {
    let lengths = steps.iter().enumerate().map(|(step, distribution)| distribution.sample(unit(step as u32)));
    lengths.fold(SimDuration::ZERO, |sum, length| sum + length)
}

/// What decides how one attempt ends, uniform in (0, 1).
#[derive(Clone, Copy)]
struct Points {
    fail_coin: f64,
    fail_point: f64,
    hang_coin: f64,
    hang_point: f64,
}

impl Points {
    /// Where nothing asks for them.
    const UNUSED: Points = Points { fail_coin: 1.0, fail_point: 1.0, hang_coin: 1.0, hang_point: 1.0 };
}

/// What becomes of an attempt that has so much to do; `poison`: the exit code of an index that always fails.
#[inline(always)]
fn end_of(workload: &SampledWorkload, work: SimDuration, poison: Option<i32>, points: &Points) -> Attempt {
    let mut attempt = Attempt { run: work, exit_code: 0, hangs_after: SimDuration::NEVER };
    if let Some(exit_code) = poison {
        attempt = Attempt { run: part(work, points.fail_point), exit_code, ..attempt };
    } else if let Some(failure) = workload.failure {
        let end = match failure.law {
            FailureLaw::Probability(p) => (points.fail_coin < p).then(|| part(work, points.fail_point)),
            FailureLaw::RatePerSecond(rate) => {
                let after = SimDuration::from_seconds(-libm::log(points.fail_coin) / rate);
                (after < work).then_some(after)
            }
        };
        if let Some(run) = end {
            attempt = Attempt { run, exit_code: failure.exit_code, ..attempt };
        }
    }
    if points.hang_coin < workload.hang_probability {
        let hangs_after = part(work, points.hang_point);
        return Attempt { run: SimDuration::NEVER, exit_code: 0, hangs_after };
    }
    if attempt.run.is_never() {
        // A step that never ends is a hang from its start; without the lengths of single steps: at once.
        attempt.hangs_after = SimDuration::ZERO;
    }
    attempt
}

/// Jobs of one scenario must not share numbers; the first keeps the seed as it is.
pub(super) fn seed_of_job(seed: u64, job: u32) -> u64 {
    seed ^ u64::from(job).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn part(length: SimDuration, share: f64) -> SimDuration {
    if length.is_never() { length } else { SimDuration::from_nanos((length.nanos() as f64 * share) as u64) }
}
