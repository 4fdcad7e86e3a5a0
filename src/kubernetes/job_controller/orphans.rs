//! Pods whose Job is gone or finished: their finalizers are taken off (orphanWorker).

use super::sync::Op;
use crate::kubernetes::facts::Observer;
use crate::kubernetes::world::{PodKey, World};

impl<'a, O: Observer> World<'a, O> {
    /// enqueueLabelSelector: every pod of the Job, one after the other.
    pub(super) fn orphan_all(&mut self, job: u32) {
        if self.jobs[job as usize].memory.cache.tracked == 0 {
            return;
        }
        for slot in self.seen_slots(job) {
            let pod = &self.pods[slot as usize];
            if pod.seen().finalizer {
                let key = pod.key(slot);
                self.orphan_pod(job, key);
            }
        }
    }

    /// enqueueOrphanPod.
    pub(super) fn orphan_pod(&mut self, job: u32, pod: PodKey) {
        let memory = &mut self.jobs[job as usize].memory;
        if memory.orphans.contains(&pod) {
            return;
        }
        memory.orphans.push(pod);
        if memory.orphans.len() == 1 {
            self.next_orphan(job);
        }
    }

    fn next_orphan(&mut self, job: u32) {
        let j = &self.jobs[job as usize];
        if j.spec.managed_elsewhere && j.exists {
            return;
        }
        if let Some(&pod) = j.memory.orphans.first() {
            let rank = i64::from(self.pods[pod.slot as usize].ordinal);
            self.write(rank, Op::Orphan { job, pod });
        }
    }

    pub(super) fn orphan_done(&mut self, job: u32) {
        self.jobs[job as usize].memory.orphans.remove(0);
        self.next_orphan(job);
    }
}
