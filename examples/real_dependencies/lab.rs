//! One station with clients of the measuring program: a dependency as a user writes it, driven by an event queue.

use jobsim::engine::queue::{Class, EventQueue};
use jobsim::engine::streams::{Purpose, Stream};
use jobsim::engine::time::{SimDuration, SimTime};
use jobsim::model::dependency::Dependency;
use jobsim::station::{Caller, Effect, Request, Station, What};

/// The dependency that a Simulation document with this text has.
pub fn dependency(text: &str) -> Dependency {
    let document = format!(
        "{JOB}---\napiVersion: jobsim/v1alpha1\nkind: Simulation\nspec:\n  dependencies:\n    it: {text}\n"
    );
    let loaded = jobsim::input::load(&["-".to_string()], &mut document.as_bytes(), &[]);
    match loaded {
        Ok(loaded) => loaded.scenario.shared.dependencies[0].clone(),
        Err(report) => panic!("{}", report.render()),
    }
}

const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  template:\n    spec:\n      \
                   restartPolicy: Never\n      containers: [{name: c, image: i}]\n";

/// One request: when it was sent, when its service began (or it failed), when it ended.
#[derive(Clone, Copy)]
pub struct Answer {
    pub client: u32,
    pub sent: f64,
    pub began: f64,
    pub ended: f64,
    pub what: What,
}

const TIMER: u32 = 0;

/// Runs requests until nobody sends any more. `first`: when each client sends first, in seconds; `next`: when it sends
/// again after an answer at the given time; each waits for its turn at most `patience`
/// seconds (statement_timeout of the statement that takes the lock; its holder is in another statement).
pub fn run(
    dependency: &Dependency,
    replication: u64,
    first: &[f64],
    service: f64,
    patience: f64,
    mut next: impl FnMut(u32, f64) -> Option<f64>,
) -> Vec<Answer> {
    let clients = first.len() as u32;
    let mut station = Station::new(dependency, Stream::new(1, replication, Purpose::Order));
    let mut queue = EventQueue::default();
    let mut sent = vec![SimTime::ZERO; first.len()];
    let mut inside = vec![0u64; first.len()];
    let mut calls = 0;
    let mut effects: Vec<Effect> = Vec::new();
    let mut answers = Vec::new();
    let request = Request::of(Some(SimDuration::from_seconds(service)));
    for (client, at) in first.iter().enumerate() {
        queue.push(SimTime::from_seconds(*at), Class::Call, 1 + client as u32);
    }
    while let Some(due) = queue.take() {
        let now = due.at;
        match due.payload {
            TIMER if station.next_event() > now => continue,
            TIMER => station.on_timer(now, &mut effects),
            n if n <= clients => {
                let client = n - 1;
                sent[client as usize] = now;
                calls += 1;
                inside[client as usize] = calls;
                station.arrive(now, client as Caller, request, &mut effects);
                if patience.is_finite() {
                    let at = now + SimDuration::from_seconds(patience);
                    queue.push(at, Class::Timer, 1 + clients + client);
                }
            }
            n => {
                let client = n - 1 - clients;
                let since = now.since(sent[client as usize]).seconds();
                let waits = inside[client as usize] > 0 && station.is_waiting(client);
                if waits && since >= patience - 1e-12 {
                    station.abandon(now, client, &mut effects);
                    effects.push(Effect { caller: client, what: What::TimedOut, began: now });
                }
            }
        }
        for effect in std::mem::take(&mut effects) {
            if effect.what == What::Begun {
                continue;
            }
            let client = effect.caller;
            inside[client as usize] = 0;
            answers.push(Answer {
                client,
                sent: sent[client as usize].seconds(),
                began: effect.began.seconds(),
                ended: now.seconds(),
                what: effect.what,
            });
            if let Some(at) = next(client, now.seconds()) {
                queue.push(SimTime::from_seconds(at), Class::Call, 1 + client);
            }
        }
        queue.push(station.next_event().max(now), Class::Cluster, TIMER);
    }
    answers
}
