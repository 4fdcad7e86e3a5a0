//! The control plane: how fast the API answers, and which rules the Job controller follows.

use crate::engine::time::{SimDuration, SimTime};

/// Whose rules the Job controller follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ControllerRules {
    /// The real controller of Kubernetes 1.37: one-second batching, whole-second times, failure back-off,
    /// 500 pods a sync.
    Kubernetes,
    /// The textbook: it reacts at once, knows exact times, and never backs off.
    Ideal,
}

/// Token bucket of the Job controller's client (golang.org/x/time/rate).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ClientLimit {
    pub qps: f64,
    pub burst: u32,
}

/// When PodGC looks for deleted pods that have no node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PodGc {
    pub first: SimTime,
    pub period: SimDuration,
}

/// Everything about the control plane.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ControlPlane {
    pub rules: ControllerRules,
    pub client_limit: Option<ClientLimit>,
    /// Events that the controller records come out of the same bucket.
    pub events_take_tokens: bool,
    /// Of each write, after its token.
    pub api_latency: SimDuration,
    /// From a write to the controller's cache.
    pub watch_delay: SimDuration,
    pub pod_gc: Option<PodGc>,
}

impl ControlPlane {
    /// The real controller's rules without API limits or latencies: what most traces were recorded with.
    pub const UNLIMITED: ControlPlane = ControlPlane {
        rules: ControllerRules::Kubernetes,
        client_limit: None,
        events_take_tokens: false,
        api_latency: SimDuration::ZERO,
        watch_delay: SimDuration::ZERO,
        pod_gc: Some(PodGc {
            first: SimTime::from_nanos(20_000_000_000),
            period: SimDuration::from_whole_seconds(20),
        }),
    };

    /// The textbook.
    pub const IDEAL: ControlPlane = ControlPlane { rules: ControllerRules::Ideal, ..ControlPlane::UNLIMITED };

    /// A cluster with default settings: 20 requests a second, burst 30, events out of the same bucket.
    pub const KUBERNETES: ControlPlane = ControlPlane {
        client_limit: Some(ClientLimit { qps: 20.0, burst: 30 }),
        events_take_tokens: true,
        api_latency: SimDuration::from_nanos(5_000_000),
        watch_delay: SimDuration::from_nanos(5_000_000),
        ..ControlPlane::UNLIMITED
    };
}
