//! Pods whose Job is gone or finished: their finalizers are taken off (orphanWorker).
//!
//! Of the keys of that queue a Job's selector stands for all its pods, which one worker patches one after the other;
//! a pod's name stands for itself. Five workers take them.

use super::work_queue::WORKERS;
use super::writes::Op;
use crate::kubernetes::facts::Observer;
use crate::kubernetes::world::{PodKey, World};
use crate::marks::mark;

/// The orphan queue, as far as it concerns one Job.
#[derive(Default)]
pub(crate) struct Orphans {
    /// Pods of the selector's key, the first one under way.
    by_selector: Vec<PodKey>,
    /// Pods with keys of their own that no worker has taken.
    waiting: Vec<PodKey>,
    under_way: Vec<PodKey>,
}

impl<'a, O: Observer> World<'a, O> {
    /// enqueueLabelSelector: every pod of the Job, one after the other.
    pub(super) fn orphan_all(&mut self, job: u32) {
        if self.jobs[job as usize].memory.cache.tracked == 0 {
            return;
        }
        for slot in self.seen_slots(job) {
            let pod = &self.pods[slot as usize];
            let key = pod.key(slot);
            let list = &mut self.jobs[job as usize].memory.orphans.by_selector;
            if pod.seen().finalizer && !list.contains(&key) {
                mark!("2.10 pods of a finished or deleted Job lose their finalizers");
                list.push(key);
                if list.len() == 1 {
                    self.patch_orphan(job, key);
                }
            }
        }
    }

    /// enqueueOrphanPod.
    pub(super) fn orphan_pod(&mut self, job: u32, pod: PodKey) {
        let orphans = &mut self.jobs[job as usize].memory.orphans;
        if [&orphans.by_selector, &orphans.waiting, &orphans.under_way].iter().any(|l| l.contains(&pod)) {
            return;
        }
        orphans.waiting.push(pod);
        self.take_orphan(job);
    }

    /// A worker that is free takes the next pod.
    fn take_orphan(&mut self, job: u32) {
        let orphans = &mut self.jobs[job as usize].memory.orphans;
        let busy = orphans.under_way.len() + usize::from(!orphans.by_selector.is_empty());
        if orphans.waiting.is_empty() || busy >= WORKERS as usize {
            return;
        }
        let pod = orphans.waiting.remove(0);
        orphans.under_way.push(pod);
        self.patch_orphan(job, pod);
    }

    fn patch_orphan(&mut self, job: u32, pod: PodKey) {
        let j = &self.jobs[job as usize];
        if j.spec.managed_elsewhere && j.exists {
            return;
        }
        let rank = i64::from(self.pods[pod.slot as usize].ordinal);
        self.write(rank, Op::Orphan { job, pod });
    }

    pub(super) fn orphan_done(&mut self, job: u32, pod: PodKey) {
        let orphans = &mut self.jobs[job as usize].memory.orphans;
        if orphans.by_selector.first() == Some(&pod) {
            orphans.by_selector.remove(0);
            if let Some(&next) = orphans.by_selector.first() {
                self.patch_orphan(job, next);
            }
        } else {
            orphans.under_way.retain(|&p| p != pod);
        }
        self.take_orphan(job);
    }
}
