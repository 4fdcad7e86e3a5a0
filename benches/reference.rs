use jobsim::engine::distribution::Distribution;
use jobsim::engine::time::*;
use jobsim::kubernetes::simulate::*;
use jobsim::model::{cluster::*, job::*, pod::*, policy::*, scenario::*, workload::*};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let cp = if a[1] == "ideal" { ControlPlane::IDEAL } else { ControlPlane::UNLIMITED };
    let n: u32 = a[2].parse().unwrap();
    let p: u32 = a[3].parse().unwrap();
    let reps: u64 = a.get(4).map_or(1, |x| x.parse().unwrap());
    let sc = Scenario {
        jobs: vec![JobCase {
            name: "j".into(),
            spec: JobSpec {
                parallelism: p,
                completion: Completion::Counted(n),
                backoff_limit: i32::MAX as u32,
                per_index: None,
                pod_failure_policy: None,
                success_policy: None,
                pod_replacement: PodReplacementPolicy::TerminatingOrFailed,
                active_deadline: None,
                ttl_after_finished: None,
                suspend: false,
                managed_elsewhere: false,
                template: PodTemplate {
                    restart_policy: RestartPolicy::Never,
                    termination_grace: SimDuration::from_whole_seconds(30),
                    active_deadline: None,
                },
            },
            submit: Distribution::constant(0.0).unwrap(),
            workload: Workload::Sampled(Box::new(SampledWorkload {
                schedule: Distribution::constant(0.0).unwrap(),
                startup: Distribution::exponential(2.0).unwrap(),
                run: RunTime::Steps(vec![Distribution::log_normal_sigma(60.0, 0.8).unwrap()]),
                failure: Some(Failure { law: FailureLaw::Probability(0.05), exit_code: 1 }),
                hang_probability: 0.0,
                poison: None,
            })),
        }],
        control_plane: cp,
        timeline: vec![],
        shared: jobsim::model::shared::Shared::default(),
        horizon: SimTime::from_seconds(86400.0 * 3000.0),
    };
    let t = std::time::Instant::now();
    let mut e = None;
    for r in 0..reps {
        e = Some(simulate(&sc, Seed { seed: 42, replication: r }, Until::AllJobsEnded, &mut ()));
    }
    let e = e.unwrap();
    println!(
        "{} {:?} makespan {} wall {:?}",
        a[1],
        e.jobs[0].outcome,
        e.jobs[0].finished_at.map_or(0.0, |t| t.seconds()),
        t.elapsed()
    );
}
