//! Coverage marks: a rule of Kubernetes has a name, and a line of the simulation says where it acts.
//!
//! `mark!("2.3.6 ...")` stands where a rule acts, `mark!("..." if condition)` where it acts under a condition. A test
//! runs something under [`hits`] and sees which rules acted. In a release build a mark is nothing at all: no code, no
//! condition. Names begin with the section of the project's notes on Kubernetes (job-semantics) that the rule comes
//! from. `tests/it/rules.rs` has the trace for each. A name that is not in [`RULES`] does not compile.

/// Marks the place where a rule acts; see the module.
macro_rules! mark {
    ($rule:literal) => {
        mark!($rule if true)
    };
    ($rule:literal if $acts:expr) => {
        #[cfg(debug_assertions)]
        {
            const _: () = assert!($crate::marks::is_rule($rule), "a mark that is not in marks::RULES");
            if $acts {
                $crate::marks::hit($rule);
            }
        }
    };
}
pub(crate) use mark;

/// Every rule that has a mark, by section.
pub const RULES: &[&str] = &[
    "1.3 no number below 0",
    "1.3 maxFailedIndexes needs backoffLimitPerIndex",
    "1.3 completions of a NonIndexed Job stay",
    "1.3 a podFailurePolicy needs podReplacementPolicy Failed",
    "1.3 immutable fields",
    "1.3 completions change only with an equal parallelism",
    "1.3 an Indexed Job is elastic",
    "2.1 five workers",
    "2.1 events of an object: 25, then one in 300 s",
    "2.2.1 an event of a pod: after a second",
    "2.2.1 a new status: after a second",
    "2.2.1 a Job is deleted: at once",
    "2.2.1 a Job is created: at once",
    "2.2.1 a spec is changed: at once",
    "2.2.1 an open window stays open",
    "2.2.2 the deadline of the Job is armed",
    "2.2.2 a pending back-off: after the rest",
    "2.2.2 a pending back-off: not within a second",
    "2.2.2 activeDeadlineSeconds is changed: after the rest",
    "2.2.2 a success resets the delay of errors",
    "2.2.2 an error: again after a second",
    "2.2.2 the next error: after twice the time",
    "2.2.3 a later time is lost",
    "2.2.3 the earliest time wins",
    "2.2.4 added while it is processed: once more",
    "2.2.5 events of a finished Job: nothing",
    "2.3.0 a cache older than own writes: an error",
    "2.3.0 the Job is gone",
    "2.3.0 the Job is finished",
    "2.3.0 managedBy another controller",
    "2.3.1 a Pending pod is active",
    "2.3.1 an unfinished pod in deletion is terminating",
    "2.3.1 an active pod with Ready True is ready",
    "2.3.2 an index out of range does not count",
    "2.3.2 a pod in deletion is a failure",
    "2.3.2 onlyReplaceFailed: only phase Failed is a failure",
    "2.3.3 startTime is the first sync",
    "2.3.3 startTime is stored without its fraction",
    "2.3.5 failure beats success",
    "2.3.5a SuccessCriteriaMet stands",
    "2.3.5b FailureTarget stands",
    "2.3.5c a FailJob rule matches",
    "2.3.5d more failures than backoffLimit",
    "2.3.5e the deadline of the Job is over",
    "2.3.5f more failed indexes than maxFailedIndexes",
    "2.3.5f every index ended and one failed",
    "2.3.5f succeeded is the number of indexes",
    "2.3.5g successPolicy is met",
    "2.3.6 open expectations: no end in this sync",
    "2.3.6 the end deletes all active pods",
    "2.3.6 the end knows no cap of 500",
    "2.3.7 a Job in deletion gets no pods",
    "2.3.7 all completions and no active pod: complete",
    "2.3.7 a work queue with a success and no active pod: complete",
    "2.3.7 surplus pods do not delay the end",
    "2.3.7 suspended: the condition, and startTime goes",
    "2.3.7 resumed: the condition, and startTime is now",
    "2.3.7 Suspended is False only after it was True",
    "2.3.8 nothing changed: nothing is written",
    "2.4 open expectations: no pods come or go",
    "2.4 suspended: all active pods go",
    "2.4 a work queue wants parallelism",
    "2.4 a work queue with a success gets no more pods",
    "2.4 at most as many pods as completions remain",
    "2.4 at most 500 pods go in a sync",
    "2.4 surplus pods go",
    "2.4 irregular pods go without a surplus",
    "2.4 a sync that deletes creates none",
    "2.4 onlyReplaceFailed: terminating pods hold their places",
    "2.4 at most 500 pods come in a sync",
    "2.4 an index in back-off keeps its slot",
    "2.4 one index can start: no timer for the others",
    "2.4 no index can start: after the shortest rest",
    "2.4 failed indexes leave a deficit",
    "2.4 slow start: batches double",
    "2.4 finalizer first, then DELETE: not counted",
    "2.4 an index that came back goes first",
    "2.4 onlyReplaceFailed: a terminating pod holds its index",
    "2.5 pods out of range go",
    "2.5 unscheduled go before scheduled",
    "2.5 Pending go before Running",
    "2.5 not ready go before ready",
    "2.5 those ready for a shorter time go",
    "2.5 those with more restarts go",
    "2.5 younger ones go",
    "2.5 of equal ones the first goes",
    "2.6.1 a failed pod that waits for its replacement is not counted",
    "2.6.1 Indexed successes go straight into completedIndexes",
    "2.6.1 a success is uncounted first",
    "2.6.1 a failing Job counts pods that still run",
    "2.6.1 a failing Job leaves out what Ignore matches",
    "2.6.1 at most 500 a flush",
    "2.6.1 completedIndexes go past the 500",
    "2.6.2 the interim condition has the time of the decision",
    "2.6.2 a PUT that fails is an error",
    "2.6.2 a PUT against an old version fails",
    "2.6.3 without a PUT the back-off is not stored",
    "2.6.4 a deleted pod goes with its finalizer",
    "2.6.5 counted once the finalizer is off",
    "2.6.5 Indexed successes cost one PUT",
    "2.6.6 the end waits for terminating pods",
    "2.6.6 the end waits for the rest of more than 500",
    "2.6.6 completionTime is before the PUTs, Complete after",
    "2.6.6 a failed Job has no completionTime",
    "2.7 a pod in deletion feeds the back-off",
    "2.7 an index fails with its annotation at the limit",
    "2.7 the last failed pod is the record of its index",
    "2.7 ignored failures never end an index",
    "2.7 a suspended Job keeps its back-off",
    "2.7 the back-off gates every creation",
    "2.7 the back-off of an index survives a restart",
    "2.7 a replacement carries the failures of its index",
    "2.7 failures add up over syncs",
    "2.7 failures of one sync are pooled",
    "2.7 the latest failure of this sync is the time",
    "2.7 a success forgets the failures",
    "2.7 failures after the success stay",
    "2.7 the pause doubles",
    "2.7 the pause is at most 600 s",
    "2.7 a pod ends with its container",
    "2.7 a pod without a container ends when it is not ready",
    "2.7 a pod without Ready ends with its deletion",
    "2.7 a restart forgets the back-off",
    "2.8 Ignore: not counted, but the back-off rises",
    "2.8 Count: counted",
    "2.8 FailIndex: the index fails",
    "2.8 the first rule that matches",
    "2.8 no rule matches: the failure counts",
    "2.8 with a policy a terminating pod is not counted",
    "2.8 a running container has no exit code",
    "2.8 exit codes: In",
    "2.8 exit codes: NotIn",
    "2.8 the rule is about another container",
    "2.8 a condition matches by type and status",
    "2.8 a condition with another status does not match",
    "2.8 nothing is met before the first success",
    "2.8 an empty list of indexes is never met",
    "2.8 all of the indexes",
    "2.8 a count of the indexes",
    "2.8 a count of any indexes",
    "2.10 elastic: successes out of range are dropped",
    "2.10 a pod without its Job loses its finalizer",
    "2.10 pods of a finished or deleted Job lose their finalizers",
    "2.10 background: the Job goes before its pods",
    "2.10 foreground: the Job goes after its pods",
    "2.10 the TTL is over",
    "2.10 the TTL is armed",
    "2.11 events take tokens",
    "2.11 a call waits for its token",
    "2.11 a write takes effect after its latency",
    "3 a pod that fails in spite of OnFailure counts",
    "3 the sum of restarts reaches backoffLimit",
    "3 backoffLimit 0: one restart ends the Job",
    "3 a pod that ended leaves the sum of restarts",
    "4.1 the first restart is immediate",
    "4.1 a long run resets the crash back-off",
    "4.1 later restarts wait",
    "4.1 a restart waits at most 300 s",
    "4.2 a second DELETE changes nothing",
    "4.2 a pod without a node goes without grace",
    "4.2 a finished pod goes without grace",
    "4.2 PodGC fails a deleted pod without a node",
    "4.2 a pod in deletion is not bound",
    "4.2 the deadline of a pod is over",
    "4.2 the deadline of a pod counts from its node",
    "4.2 nothing runs: the pod ends at once",
    "4.2 the container ends on SIGTERM",
    "4.2 the grace is over: SIGKILL",
    "4.2 the container ends by itself before",
    "4.2 never ran: exit 137 without a time",
    "4.2 past its deadline a pod fails whatever its exit",
];

#[cfg(debug_assertions)]
mod recording {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeSet;

    thread_local! {
        static LISTENING: Cell<bool> = const { Cell::new(false) };
        static HITS: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
    }

    /// Runs something and returns the rules that acted, as far as it ran on this thread.
    pub fn hits(run: impl FnOnce()) -> BTreeSet<&'static str> {
        HITS.take();
        LISTENING.set(true);
        run();
        LISTENING.set(false);
        HITS.take()
    }

    pub(crate) fn hit(rule: &'static str) {
        if LISTENING.get() {
            HITS.with_borrow_mut(|hits| hits.insert(rule));
        }
    }

    pub(crate) const fn is_rule(name: &str) -> bool {
        let mut n = 0;
        while n < super::RULES.len() {
            if is_same(super::RULES[n].as_bytes(), name.as_bytes()) {
                return true;
            }
            n += 1;
        }
        false
    }

    const fn is_same(a: &[u8], b: &[u8]) -> bool {
        let mut n = 0;
        while n < a.len() && n < b.len() && a[n] == b[n] {
            n += 1;
        }
        n == a.len() && n == b.len()
    }
}

#[cfg(debug_assertions)]
pub use recording::hits;
#[cfg(debug_assertions)]
pub(crate) use recording::{hit, is_rule};
