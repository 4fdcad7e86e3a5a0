//! Memory follows parallelism, not completions. A binary of its own, because it counts what its allocator hands out.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use jobsim::engine::distribution::Distribution;
use jobsim::kubernetes::simulate::{Outcome, Seed, Until, simulate};
use jobsim::model::cluster::ControlPlane;
use jobsim::model::job::Completion;
use jobsim::model::workload::{Failure, FailureLaw};

#[path = "it/workloads.rs"]
mod workloads;

/// The system's allocator, which counts for each thread.
struct Counting;

thread_local! {
    static BYTES: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    BYTES.set(BYTES.get() + bytes);
    PEAK.set(PEAK.get().max(BYTES.get()));
    ALLOCATIONS.set(ALLOCATIONS.get() + u64::from(bytes > 0));
}

// SAFETY: everything is left to the system's allocator; the counters are plain cells that allocate nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Peak bytes above those before, and the number of allocations, of one run.
fn cost(control_plane: ControlPlane, completions: u32) -> (i64, u64) {
    let mut workload = workloads::workload(Distribution::log_normal_sigma(60.0, 0.8).unwrap());
    workload.startup = Distribution::exponential(2.0).unwrap();
    workload.failure = Some(Failure { law: FailureLaw::Probability(0.05), exit_code: 1 });
    let spec = workloads::spec(Completion::Counted(completions), 50);
    let scenario = workloads::scenario(control_plane, spec, workload);
    let (bytes, allocations) = (BYTES.get(), ALLOCATIONS.get());
    PEAK.set(bytes);
    let ending = simulate(&scenario, Seed { seed: 42, replication: 0 }, Until::AllJobsEnded, &mut ());
    assert!(matches!(ending.jobs[0].outcome, Outcome::Complete(_)));
    (PEAK.get() - bytes, ALLOCATIONS.get() - allocations)
}

#[test]
fn a_hundred_times_the_completions_take_no_more_memory() {
    for (name, control_plane) in [("ideal", ControlPlane::IDEAL), ("unlimited", ControlPlane::UNLIMITED)] {
        let (small, few) = cost(control_plane, 2_000);
        let (large, many) = cost(control_plane, 200_000);
        println!("{name}: {small} bytes in {few} allocations, {large} bytes in {many}");
        assert!(small > 10_000, "{name}: the allocator counts");
        assert!(
            large <= small + small / 10,
            "{name}: {large} bytes, and {small} for a hundredth of the work"
        );
        assert!(many <= few + 20, "{name}: {many} allocations, and {few} for a hundredth of the work");
    }
}
