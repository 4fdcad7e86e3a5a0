//! Everything that can be waiting in the event queue: a closed list, packed into a payload.

/// What is due. The number names a pod's slot, a Job, an API call or an action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event {
    /// A Job is created.
    Submit(u32),
    /// The next step in the life of the pod in this slot.
    Pod(u32),
    /// The kubelet learns that the pod in this slot is to be stopped.
    Terminate(u32),
    /// A key of the Job controller's queue may be due.
    Wake(u32),
    /// The API calls made at the previous instant get their tokens.
    Tokens,
    /// This API call takes effect.
    Call(u32),
    /// The oldest undelivered watch event reaches the controllers.
    Watch,
    /// An entry of the timeline.
    Action(u32),
    /// PodGC looks.
    PodGc,
    /// The garbage collector deletes the pods of a Job that is gone.
    Collect(u32),
    /// The garbage collector looks whether the pods of a Job in foreground deletion are gone.
    Poll(u32),
    /// The TTL of a finished Job may be over.
    Ttl(u32),
    /// Something at a dependency (see `dependencies::HerdEvent`).
    Dependency(u32),
}

const NUMBER_BITS: u32 = 24;
/// Slots, Jobs, calls and actions are numbered below this.
pub(super) const NUMBER_LIMIT: u32 = 1 << NUMBER_BITS;

impl Event {
    pub(super) fn pack(self) -> u32 {
        let (kind, number) = match self {
            Event::Submit(n) => (0, n),
            Event::Pod(n) => (1, n),
            Event::Terminate(n) => (2, n),
            Event::Wake(n) => (3, n),
            Event::Tokens => (4, 0),
            Event::Call(n) => (5, n),
            Event::Watch => (6, 0),
            Event::Action(n) => (7, n),
            Event::PodGc => (8, 0),
            Event::Collect(n) => (9, n),
            Event::Poll(n) => (10, n),
            Event::Ttl(n) => (11, n),
            Event::Dependency(n) => (12, n),
        };
        debug_assert!(number < NUMBER_LIMIT);
        kind << NUMBER_BITS | number
    }

    pub(super) fn unpack(payload: u32) -> Event {
        let number = payload & (NUMBER_LIMIT - 1);
        match payload >> NUMBER_BITS {
            0 => Event::Submit(number),
            1 => Event::Pod(number),
            2 => Event::Terminate(number),
            3 => Event::Wake(number),
            4 => Event::Tokens,
            5 => Event::Call(number),
            6 => Event::Watch,
            7 => Event::Action(number),
            8 => Event::PodGc,
            9 => Event::Collect(number),
            10 => Event::Poll(number),
            11 => Event::Ttl(number),
            12 => Event::Dependency(number),
            kind => unreachable!("event kind {kind}"),
        }
    }
}
