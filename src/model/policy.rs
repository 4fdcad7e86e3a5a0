//! The policies of a Job: which failures count, when it has succeeded, when a pod is replaced.

/// `podReplacementPolicy`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PodReplacementPolicy {
    /// A pod that is being deleted counts as failed at once and is replaced (the default).
    TerminatingOrFailed,
    /// Only a pod in phase Failed is replaced (the default, and the only choice, with a podFailurePolicy).
    Failed,
}

/// What a rule of `podFailurePolicy` does with a failure that it matches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureAction {
    Count,
    FailIndex,
    FailJob,
    Ignore,
}

/// The pod conditions that the simulated kubelet, scheduler and eviction API set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PodConditionType {
    ContainersReady,
    DisruptionTarget,
    Initialized,
    PodScheduled,
    Ready,
    /// A condition that nothing in the simulation ever sets.
    Other,
}

/// Status of a condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConditionStatus {
    True,
    False,
    Unknown,
}

/// When a rule of `podFailurePolicy` matches (controller: matchOnExitCodes, matchOnPodConditions).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FailureRequirement {
    /// A terminated container with a non-zero code in (or, negated, not in) the list.
    ExitCodes { negated: bool, values: Vec<i32> },
    /// Names a container other than the one whose exits are simulated: never matches.
    OtherContainer,
    /// Any of these conditions has that status.
    Conditions(Vec<(PodConditionType, ConditionStatus)>),
}

/// One rule of `podFailurePolicy`; the first that matches decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailureRule {
    pub action: FailureAction,
    pub requirement: FailureRequirement,
}

/// One rule of `successPolicy`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SuccessRule {
    /// `succeededIndexes` as intervals, both ends included, ascending.
    pub indexes: Option<Vec<(u32, u32)>>,
    pub count: Option<u32>,
}
