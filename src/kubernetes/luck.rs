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
    /// The pod just created, in order of creation.
    Next,
    /// A restart of pod number `ordinal` of a NonIndexed Job.
    Restart { ordinal: u32, restarts: u32 },
    /// Run number `restarts` of attempt `attempt` of an index.
    Index { index: u32, attempt: u32, restarts: u32 },
}

/// The random numbers of one Job in one replication.
pub(super) struct Luck<'a> {
    workload: &'a SampledWorkload,
    keyed: Keyed,
    schedule: Source<'a>,
    startup: Source<'a>,
    run: Stream,
    fixed_run: Option<SimDuration>,
    fail_coin: Stream,
    fail_point: Stream,
    hang_coin: Stream,
    hang_point: Stream,
    /// Fates of the next pods of a NonIndexed Job, and how many of them are used up. They depend on their number
    /// only, so they are drawn some at a time: the processor then works on several at once.
    drawn: Vec<Fate>,
    used: usize,
}

/// Stands for all the own work of a container that calls dependencies: how long that is, is not known here.
pub(super) const WHOLE: SimDuration = SimDuration::from_nanos(1 << 50);

/// How many fates are drawn together: few at first, for Jobs of few pods.
const FIRST_DRAW: usize = 8;
const MOST_DRAWN: usize = 64;

/// A distribution with its stream, or the one value that it has.
enum Source<'a> {
    Constant(SimDuration),
    Random(&'a Distribution, Purpose, Box<Stream>),
}

impl<'a> Source<'a> {
    fn new(distribution: &'a Distribution, seed: u64, replication: u64, purpose: Purpose) -> Source<'a> {
        match distribution.is_constant() {
            Some(length) => Source::Constant(length),
            None => Source::Random(distribution, purpose, Box::new(Stream::new(seed, replication, purpose))),
        }
    }

    /// Draws for the next pods, in order of creation.
    fn draw_next<'l>(&mut self, units: &mut [f64], lengths: impl Iterator<Item = &'l mut SimDuration>) {
        match self {
            Source::Constant(length) => lengths.for_each(|it| *it = *length),
            Source::Random(distribution, _, stream) => {
                stream.fill(units);
                distribution.sample_each(units, lengths);
            }
        }
    }

    #[inline]
    fn draw(&mut self, whose: Whose, keyed: Keyed) -> SimDuration {
        match self {
            Source::Constant(length) => *length,
            Source::Random(distribution, purpose, stream) => {
                distribution.sample(unit(whose, keyed, *purpose, stream, 0))
            }
        }
    }
}

#[inline]
fn unit(whose: Whose, keyed: Keyed, purpose: Purpose, stream: &mut Stream, step: u32) -> f64 {
    match whose {
        Whose::Next => stream.unit(),
        Whose::Restart { ordinal, restarts } => {
            keyed.unit(purpose, 1 << 63 | u64::from(ordinal), restarts << 8 | step)
        }
        Whose::Index { index, attempt, restarts } => {
            keyed.unit(purpose, u64::from(index) << 32 | u64::from(attempt), restarts << 8 | step)
        }
    }
}

impl<'a> Luck<'a> {
    /// The luck of Job number `job` in replication number `replication` under `seed`.
    pub(super) fn new(workload: &'a SampledWorkload, seed: u64, replication: u64, job: u32) -> Luck<'a> {
        let seed = seed_of_job(seed, job);
        let stream = |purpose| Stream::new(seed, replication, purpose);
        let fixed_run = match &workload.run {
            RunTime::Steps(steps) => {
                steps.iter().map(Distribution::is_constant).try_fold(SimDuration::ZERO, |a, d| Some(a + d?))
            }
            RunTime::ByIndex(_) => None,
            RunTime::Program(_) => Some(WHOLE),
        };
        Luck {
            workload,
            keyed: Keyed::new(seed, replication),
            schedule: Source::new(&workload.schedule, seed, replication, Purpose::Schedule),
            startup: Source::new(&workload.startup, seed, replication, Purpose::Startup),
            run: stream(Purpose::Run),
            fixed_run,
            fail_coin: stream(Purpose::FailCoin),
            fail_point: stream(Purpose::FailPoint),
            hang_coin: stream(Purpose::HangCoin),
            hang_point: stream(Purpose::HangPoint),
            drawn: Vec::new(),
            used: 0,
        }
    }

    /// The fate of a new pod.
    #[inline]
    pub(super) fn pod(&mut self, whose: Whose) -> Fate {
        let Whose::Next = whose else { return self.draw(whose) };
        if self.used == self.drawn.len() {
            self.draw_more();
        }
        self.used += 1;
        self.drawn[self.used - 1]
    }

    /// One kind of number after the other, so that each loop is short.
    #[inline(never)]
    fn draw_more(&mut self) {
        let count = (2 * self.drawn.len()).clamp(FIRST_DRAW, MOST_DRAWN);
        self.drawn.clear();
        self.drawn.resize(count, Fate::ZERO);
        self.used = 0;
        let mut units = [0.0; MOST_DRAWN];
        let units = &mut units[..count];
        self.schedule.draw_next(units, self.drawn.iter_mut().map(|fate| &mut fate.schedule));
        self.startup.draw_next(units, self.drawn.iter_mut().map(|fate| &mut fate.startup));
        let runs = self.drawn.iter_mut().map(|fate| &mut fate.attempt.run);
        match (&self.workload.run, self.fixed_run) {
            (_, Some(length)) => runs.for_each(|run| *run = length),
            (RunTime::Steps(steps), None) if steps.len() == 1 => {
                self.run.fill(units);
                steps[0].sample_each(units, runs);
            }
            _ => {
                for number in 0..count {
                    self.drawn[number].attempt.run = self.work(Whose::Next);
                }
            }
        }
        let mut points = [Points::UNUSED; MOST_DRAWN];
        let mut draw = |stream: &mut Stream, set: fn(&mut Points, f64)| {
            stream.fill(units);
            points.iter_mut().zip(&*units).for_each(|(points, &u)| set(points, u));
        };
        if self.may_fail() {
            draw(&mut self.fail_coin, |points, u| points.fail_coin = u);
            draw(&mut self.fail_point, |points, u| points.fail_point = u);
        }
        if self.may_hang() {
            draw(&mut self.hang_coin, |points, u| points.hang_coin = u);
            draw(&mut self.hang_point, |points, u| points.hang_point = u);
        }
        for (fate, points) in self.drawn.iter_mut().zip(&points) {
            fate.attempt = end_of(self.workload, fate.attempt.run, None, points);
        }
    }

    fn may_fail(&self) -> bool {
        self.workload.failure.is_some() || self.workload.poison.is_some()
    }

    fn may_hang(&self) -> bool {
        self.workload.hang_probability > 0.0
    }

    #[inline]
    fn draw(&mut self, whose: Whose) -> Fate {
        let keyed = self.keyed;
        Fate {
            schedule: self.schedule.draw(whose, keyed),
            startup: self.startup.draw(whose, keyed),
            attempt: self.attempt(whose),
        }
    }

    /// The fate of one run of the container: whether it hangs is decided first.
    #[inline]
    pub(super) fn attempt(&mut self, whose: Whose) -> Attempt {
        let work = self.work(whose);
        let keyed = self.keyed;
        let mut points = Points::UNUSED;
        if self.may_fail() {
            points.fail_coin = unit(whose, keyed, Purpose::FailCoin, &mut self.fail_coin, 0);
            points.fail_point = unit(whose, keyed, Purpose::FailPoint, &mut self.fail_point, 0);
        }
        if self.may_hang() {
            points.hang_coin = unit(whose, keyed, Purpose::HangCoin, &mut self.hang_coin, 0);
            points.hang_point = unit(whose, keyed, Purpose::HangPoint, &mut self.hang_point, 0);
        }
        let poison = match (&self.workload.poison, whose) {
            (Some(poison), Whose::Index { index, .. }) if poison.has(index) => Some(poison.exit_code),
            _ => None,
        };
        end_of(self.workload, work, poison, &points)
    }

    #[inline]
    fn work(&mut self, whose: Whose) -> SimDuration {
        if let Some(fixed) = self.fixed_run {
            return fixed;
        }
        let keyed = self.keyed;
        match &self.workload.run {
            RunTime::Steps(steps) => {
                let mut sum = SimDuration::ZERO;
                for (step, distribution) in steps.iter().enumerate() {
                    let u = unit(whose, keyed, Purpose::Run, &mut self.run, step as u32);
                    sum = sum + distribution.sample(u);
                }
                sum
            }
            RunTime::Program(_) => WHOLE,
            RunTime::ByIndex(list) => {
                let Whose::Index { index, .. } = whose else {
                    unreachable!("byIndex needs an Indexed Job, which input checks")
                };
                // More indexes than distributions can only come from an elastic Job: the last one repeats.
                let distribution = &list[(index as usize).min(list.len() - 1)];
                distribution.sample(unit(whose, keyed, Purpose::Run, &mut self.run, 0))
            }
        }
    }
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
