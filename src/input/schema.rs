//! The Simulation document as tables, and the JSON schema that editors complete from.
//!
//! `assets/simulation.schema.json` is made of these tables (`JOBSIM_BLESS=1 cargo test schema`). The reader names its fields
//! where it reads them; tests hold the two together: each table has exactly the fields that the reader expects at
//! that place, its examples are read, and its mistakes are refused.

use serde_json::{Map, Value, json};

/// What stands at a place of the document.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Text,
    Bool,
    /// A whole number from here on.
    Whole(i64),
    Number,
    /// `90s`.
    Duration,
    /// A duration, or `never`.
    Patience,
    /// `0.5%`.
    Probability,
    /// `50/s`.
    Rate,
    /// A duration, `never`, or a map that names a distribution.
    Distribution,
    Names(&'static [&'static str]),
    Table(&'static Table),
    /// A map with free keys.
    MapOf(&'static Shape),
    ListOf(&'static Shape),
    Either(&'static [Shape]),
    /// A map that says nothing more.
    Empty,
    Anything,
}

/// A map with known fields.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub about: &'static str,
    pub fields: &'static [Field],
    pub required: &'static [&'static str],
    /// Exactly one of the fields stands there.
    pub choice: bool,
}

/// A field of a [`Table`].
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub about: &'static str,
}

const fn field(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, about }
}

const fn table(name: &'static str, about: &'static str, fields: &'static [Field]) -> Table {
    Table { name, about, fields, required: &[], choice: false }
}

const fn choice(name: &'static str, about: &'static str, fields: &'static [Field]) -> Table {
    Table { name, about, fields, required: &[], choice: true }
}

const fn with(
    name: &'static str,
    about: &'static str,
    required: &'static [&'static str],
    fields: &'static [Field],
) -> Table {
    Table { name, about, fields, required, choice: false }
}

use Shape::{
    Anything, Bool, Duration, Either, Empty, ListOf, MapOf, Names, Number, Patience, Probability, Rate, Text,
    Whole,
};

const NEVER: Shape = Names(&["never"]);

/// The root.
pub static SIMULATION: Table = with(
    "Simulation",
    "What the manifests cannot know: how long pods take, how they fail, what they share.",
    &["apiVersion", "kind"],
    &[
        field("apiVersion", Names(&["jobsim/v1alpha1"]), "Version of this document."),
        field("kind", Names(&["Simulation"]), "Kind of this document."),
        field("metadata", Shape::Table(&METADATA), "Name of the case."),
        field("spec", Shape::Table(&SPEC), "The case."),
    ],
);

static METADATA: Table = table(
    "Metadata",
    "Name of the case.",
    &[
        field("name", Text, "Name of the case."),
        field("labels", Anything, "Not read."),
        field("annotations", Anything, "Not read."),
    ],
);

pub static SPEC: Table = table(
    "Spec",
    "Everything has a default, and the output names the defaults that it stood on.",
    &[
        field("seed", Whole(0), "Seed of the random numbers. Default 42."),
        field(
            "replications",
            Either(&[Whole(1), Names(&["auto"]), Shape::Table(&REPLICATIONS)]),
            "How many runs. Default 1000.",
        ),
        field("horizon", Duration, "Simulated time after which a run is cut. Default 30d."),
        field(
            "controlPlane",
            Shape::Table(&CONTROL_PLANE),
            "How fast the API answers, and which rules hold.",
        ),
        field("jobs", MapOf(&Shape::Table(&JOB)), "By name of the Job: when it is created."),
        field(
            "workload",
            MapOf(&Shape::Table(&WORKLOAD)),
            "By name of the Job, or `default`: what its pods do.",
        ),
        field("dependencies", MapOf(&Shape::Table(&DEPENDENCY)), "By name: what pods share."),
        field(
            "timeline",
            ListOf(&Either(&[Shape::Table(&TIMED), Shape::Table(&FAULT)])),
            "What somebody does while the Jobs run.",
        ),
        field("policies", ListOf(&Shape::Table(&POLICY)), "What an operator's script would do."),
    ],
);

static REPLICATIONS: Table = table(
    "Replications",
    "As many runs as the interval of the mean makespan needs.",
    &[
        field("relativeError", Probability, "Half width of the interval over the mean. Default 2%."),
        field("confidence", Probability, "Of the interval. Default 95%."),
        field("min", Whole(2), "At least so many. Default 30."),
        field("max", Whole(2), "At most so many. Default 100000."),
    ],
);

static CONTROL_PLANE: Table = table(
    "ControlPlane",
    "A preset, and fields on top of it.",
    &[
        field(
            "preset",
            Names(&["kubernetes", "unlimited", "ideal"]),
            "kubernetes: a cluster with default settings; unlimited: the same rules without API limits; ideal: the textbook.",
        ),
        field("qps", Number, "Requests a second of the Job controller's client. Default 20."),
        field("burst", Whole(1), "Of its token bucket. Default 30."),
        field("eventsTakeTokens", Bool, "Whether events come out of the same bucket."),
        field("apiLatency", Duration, "Of each write, after its token."),
        field("watchDelay", Duration, "From a write to the controller's cache."),
        field(
            "podGC",
            Either(&[NEVER, Shape::Table(&POD_GC)]),
            "When deleted pods without a node are collected.",
        ),
    ],
);

static POD_GC: Table = table(
    "PodGC",
    "When deleted pods without a node are collected.",
    &[field("first", Duration, "First time."), field("period", Duration, "And then every.")],
);

static JOB: Table = table(
    "Job",
    "What the manifest does not say about a Job.",
    &[field("submit", Shape::Distribution, "When the Job is created.")],
);

static WORKLOAD: Table = table(
    "Workload",
    "What the pods of a Job do. What is not mentioned does not happen.",
    &[
        field("schedule", Shape::Distribution, "Created → bound to a node."),
        field("startup", Shape::Distribution, "Bound → container running."),
        field("steps", ListOf(&Shape::Table(&STEP)), "In order; a container exits 0 after the last."),
        field("failure", Shape::Table(&FAILURE), "How an attempt fails."),
        field("hang", Shape::Table(&HANG), "How often an attempt never ends by itself."),
        field("poison", Shape::Table(&POISON), "Indexes that fail every time."),
        field("onTerm", Shape::Table(&ON_TERM), "What a container does when it receives SIGTERM."),
    ],
);

static BY_INDEX: Table = with(
    "ByIndex",
    "One distribution for each completion index.",
    &["byIndex"],
    &[field("byIndex", ListOf(&Shape::Distribution), "As many as completions.")],
);

static GIVE_UP: Table = table(
    "GiveUp",
    "After the last attempt.",
    &[field("exitCode", Whole(1), "The container's exit code. Default 1.")],
);

static FAILURE: Table = table(
    "Failure",
    "How an attempt fails: by probability or by rate.",
    &[
        field("probability", Probability, "Of each attempt, at a uniform point of its own work."),
        field("rate", Rate, "Exponential in own work, instead of a probability."),
        field("exitCode", Whole(1), "Default 1."),
    ],
);

static HANG: Table = with(
    "Hang",
    "An attempt that never ends by itself.",
    &["probability"],
    &[field("probability", Probability, "Of each attempt.")],
);

static POISON: Table = with(
    "Poison",
    "Indexes that fail every time.",
    &["indexes"],
    &[
        field("indexes", Either(&[Text, Whole(0)]), "Such as \"3,7-9\"."),
        field("exitCode", Whole(1), "Default 1."),
    ],
);

static ON_TERM: Table = with(
    "OnTerm",
    "How a container ends on SIGTERM; when that takes longer than the grace period, SIGKILL ends it with 137.",
    &["after"],
    &[
        field("after", Duration, "From SIGTERM to its end. Without onTerm: 500ms."),
        field("exitCode", Whole(0), "Default 143."),
    ],
);

static PATCH: Table = with(
    "Patch",
    "A JSON merge patch of the Job.",
    &["spec"],
    &[field("spec", Anything, "Fields of the Job's spec.")],
);

static POD: Table = choice(
    "Pod",
    "Which pod.",
    &[
        field("index", Whole(0), "The youngest of this completion index."),
        field("ordinal", Whole(0), "The one created as number n, from 0."),
    ],
);

static DELETE_JOB: Table = table(
    "DeleteJob",
    "How the Job's pods follow it.",
    &[field("propagation", Names(&["Background", "Foreground"]), "Default Background.")],
);

static POLICY: Table = table(
    "Policy",
    "What an operator's script would do.",
    &[
        field("job", Text, "Name of the Job, when there are several."),
        field("ramp", Shape::Table(&RAMP), "Starts small and widens."),
        field("adapt", Shape::Table(&ADAPT), "Additive increase, multiplicative decrease."),
    ],
);

static RAMP: Table = with(
    "Ramp",
    "Starts small and widens.",
    &["parallelism"],
    &[field("parallelism", Shape::Table(&RAMP_OF), "Of the Job.")],
);

static ADAPT: Table = with(
    "Adapt",
    "Widens while a dependency is well, and narrows when it is not.",
    &["parallelism"],
    &[field("parallelism", Shape::Table(&ADAPT_OF), "Of the Job.")],
);

const LENGTH: Shape = Either(&[Shape::Distribution, Shape::Table(&BY_INDEX)]);

static STEP: Table = choice(
    "Step",
    "Work of its own, or something with what pods share.",
    &[
        field("run", LENGTH, "Work of its own."),
        field("call", Shape::Table(&CALL), "Calls of a dependency."),
        field("hold", Shape::Table(&HOLD), "Holds a dependency during other steps."),
        field("repeat", Shape::Table(&REPEAT), "The same steps several times."),
    ],
);

static REPEAT: Table = with(
    "Repeat",
    "The same steps several times, such as the items of a work queue.",
    &["times", "steps"],
    &[
        field("times", Whole(1), "How many rounds."),
        field("steps", ListOf(&Shape::Table(&STEP)), "Of each round."),
    ],
);

static CALL: Table = with(
    "Call",
    "Calls of a dependency, one after the other.",
    &["to"],
    &[
        field("to", Text, "Name of the dependency."),
        field("times", Whole(1), "How many calls. Default 1."),
        field("access", Names(&["read", "write"]), "Of a lock. Default write."),
        field("think", LENGTH, "Before each call."),
        field("service", LENGTH, "How long the call occupies the dependency."),
        field("timeout", Patience, "The client gives up waiting and being served."),
        field("retry", Shape::Table(&RETRY), "What the client does after a call that failed."),
        field("giveUp", Shape::Table(&GIVE_UP), "What it does after the last attempt."),
    ],
);

static HOLD: Table = with(
    "Hold",
    "Gets a dependency, does steps with it, gives it back.",
    &["of", "steps"],
    &[
        field("of", Text, "Name of the dependency."),
        field("steps", ListOf(&Shape::Table(&STEP)), "What is done meanwhile."),
        field("access", Names(&["read", "write"]), "Of a lock. Default write."),
        field("think", LENGTH, "Before it."),
        field("timeout", Patience, "The client gives up waiting."),
        field("retry", Shape::Table(&RETRY), "What the client does when it did not get it."),
        field("giveUp", Shape::Table(&GIVE_UP), "What it does after the last attempt."),
    ],
);

static RETRY: Table = with(
    "Retry",
    "What a client does after a call that failed.",
    &["attempts"],
    &[
        field("attempts", Whole(1), "In all."),
        field("backoff", Either(&[Duration, Shape::Table(&BACKOFF)]), "Pauses between attempts."),
        field("honourRetryAfter", Bool, "Pauses are at least what a refusal asks for. Default true."),
        field("budget", Shape::Table(&BUDGET), "An allowance for retries."),
        field("breaker", Shape::Table(&BREAKER), "After so many failures nothing is tried for a while."),
    ],
);

static BACKOFF: Table = with(
    "Backoff",
    "Pauses between attempts.",
    &["base"],
    &[
        field("base", Duration, "The first pause."),
        field("factor", Number, "Each pause times this. Default 2."),
        field("cap", Patience, "No pause is longer."),
        field("jitter", Names(&["none", "full", "equal", "decorrelated"]), "How pauses are spread."),
    ],
);

static BUDGET: Table = with(
    "Budget",
    "An allowance for retries.",
    &["ratio"],
    &[
        field("ratio", Probability, "What each first try earns."),
        field("most", Number, "What can be saved up. Default 10."),
    ],
);

static BREAKER: Table = with(
    "Breaker",
    "After so many failures nothing is tried for a while.",
    &["failures", "open"],
    &[field("failures", Whole(1), "In a row."), field("open", Patience, "How long nothing is tried.")],
);

static DEPENDENCY: Table = table(
    "Dependency",
    "One station with a queue: a lock, a rate limit, a pool or a server.",
    &[
        field("lock", Shape::Table(&LOCK), "One holder at a time."),
        field("rateLimit", Shape::Table(&RATE_LIMIT), "So many calls in a time."),
        field("pool", Shape::Table(&POOL), "So many connections."),
        field("server", Shape::Table(&SERVER), "So many servers with a service time."),
        field("background", Shape::Table(&BACKGROUND), "What other tenants do on it."),
    ],
);

const ORDER: Shape = Names(&["fifo", "random"]);
const RELEASE: Shape = Either(&[Patience, Names(&["finish"]), Shape::Table(&CHECK)]);
const RELEASE_ABOUT: &str = "When the place of a caller that is gone becomes free.";
const QUEUE_ABOUT: &str = "So many wait; the next is rejected.";
const WAIT_ABOUT: &str = "A caller waits so long.";
const DEADLOCK_ABOUT: &str = "A wait in a circle fails after this.";

static CHECK: Table = with(
    "Check",
    "It is seen at the next of regular looks.",
    &["check"],
    &[field("check", Patience, "Time between looks.")],
);

static LOCK: Table = table(
    "Lock",
    "One holder at a time.",
    &[
        field(
            "like",
            Names(&["postgresRow", "postgresAdvisory"]),
            "Measured behaviour; fields beside it override.",
        ),
        field("order", ORDER, "Who gets it next. Default fifo."),
        field("waitTimeout", Patience, WAIT_ABOUT),
        field(
            "timeoutPer",
            Names(&["wait", "step"]),
            "step: the time starts again at every release. Default wait.",
        ),
        field("queueLimit", Whole(0), QUEUE_ABOUT),
        field("holdCost", Shape::Table(&HOLD_COST), "What each hold takes longer."),
        field("releaseAfter", RELEASE, RELEASE_ABOUT),
        field("deadlockTimeout", Patience, DEADLOCK_ABOUT),
        field("holdTimeout", Patience, "Whoever holds it so long loses it."),
    ],
);

static HOLD_COST: Table = table(
    "HoldCost",
    "What each hold takes longer.",
    &[field("fixed", Duration, "Always."), field("perWaiter", Duration, "For each that waits.")],
);

static RATE_LIMIT: Table = with(
    "RateLimit",
    "So many calls in a time: a token bucket, or a window.",
    &["rate"],
    &[
        field("like", Names(&["nginx"]), "Measured behaviour, with rate, burst, delay and per."),
        field("rate", Rate, "Such as 50/s."),
        field("burst", Whole(0), "Calls above the rate that pass."),
        field("window", Names(&["fixed", "sliding"]), "Instead of a token bucket."),
        field("length", Patience, "Of the window. Default: the unit of the rate."),
        field("onLimit", Names(&["reject", "delay"]), "What happens to the others."),
        field("queueLimit", Whole(0), QUEUE_ABOUT),
        field("waitTimeout", Patience, WAIT_ABOUT),
        field("retryAfter", Names(&["absent", "exact", "wholeSeconds"]), "What a refusal tells the client."),
        field("per", Names(&["client", "global"]), "Default global."),
        field(
            "delay",
            Either(&[Whole(0), Names(&["nodelay"])]),
            "nginx: how many of the burst pass without delay.",
        ),
    ],
);

static POOL: Table = with(
    "Pool",
    "So many connections.",
    &["connections"],
    &[
        field("connections", Whole(1), "How many."),
        field("queueLimit", Whole(0), QUEUE_ABOUT),
        field("waitTimeout", Patience, WAIT_ABOUT),
        field("order", ORDER, "Who gets one next. Default fifo."),
        field("setup", Shape::Distribution, "What making a connection takes."),
        field("releaseAfter", RELEASE, RELEASE_ABOUT),
        field("deadlockTimeout", Patience, DEADLOCK_ABOUT),
        field("holdTimeout", Patience, "Whoever holds it so long loses it."),
    ],
);

static SERVER: Table = table(
    "Server",
    "So many servers with a service time.",
    &[
        field("servers", Whole(1), "How many. Default 1."),
        field("service", Shape::Distribution, "Of each call, unless the call says."),
        field("discipline", Names(&["fifo", "sharing"]), "Default fifo."),
        field("queueLimit", Whole(0), QUEUE_ABOUT),
        field("waitTimeout", Patience, WAIT_ABOUT),
        field("order", ORDER, "Who is served next. Default fifo."),
        field("inFlightLimit", Whole(1), "With sharing: so many at a time."),
        field("load", Shape::Table(&LOAD), "How throughput grows with load."),
        field("crash", Shape::Table(&CRASH), "It falls over above so many calls."),
        field("releaseAfter", RELEASE, RELEASE_ABOUT),
    ],
);

static LOAD: Table = table(
    "Load",
    "Universal scalability law, or a table of measured points.",
    &[
        field("contention", Number, "Share of work that is done one at a time."),
        field("coherency", Number, "Cost of each pair that has to agree."),
        field("table", ListOf(&Shape::Table(&POINT)), "Instead: measured points."),
    ],
);

static POINT: Table = with(
    "Point",
    "A measured point.",
    &["inFlight", "throughput"],
    &[field("inFlight", Whole(1), "Calls at a time."), field("throughput", Number, "Relative to one.")],
);

static CRASH: Table = with(
    "Crash",
    "It falls over above so many calls.",
    &["above", "recovery"],
    &[
        field("above", Whole(1), "Calls at a time."),
        field("recovery", Shape::Distribution, "How long it is away."),
        field("cold", Shape::Table(&COLD), "It is slower afterwards."),
    ],
);

static COLD: Table = with(
    "Cold",
    "It is slower afterwards.",
    &["for", "factor"],
    &[field("for", Duration, "How long."), field("factor", Number, "Service times this.")],
);

static BACKGROUND: Table = with(
    "Background",
    "What other tenants do on it.",
    &["arrivals"],
    &[
        field("arrivals", Shape::Distribution, "Time between arrivals."),
        field("service", Shape::Distribution, "The station's unless given."),
        field("timeout", Patience, "They wait and are served so long."),
    ],
);

static TIMED: Table = with(
    "Timed",
    "Something that somebody does to a Job at a given time.",
    &["at"],
    &[
        field("at", Duration, "From the start of the simulation."),
        field("job", Text, "Name of the Job, when there are several."),
        field("patch", Shape::Table(&PATCH), "A change of the Job."),
        field("suspend", Empty, "spec.suspend: true."),
        field("resume", Empty, "spec.suspend: false."),
        field("evictPod", Shape::Table(&POD), "By the eviction API."),
        field("deletePod", Shape::Table(&POD), "As kubectl delete pod."),
        field("deleteJob", Shape::Table(&DELETE_JOB), "As kubectl delete job."),
        field("restartController", Empty, "The Job controller starts again and forgets its back-off."),
    ],
);

static FAULT: Table = with(
    "Fault",
    "Something that befalls a dependency at a given time.",
    &["at", "dependency"],
    &[
        field("at", Duration, "From the start of the simulation."),
        field("dependency", Text, "Its name."),
        field("down", Shape::Table(&LASTS), "It refuses everything."),
        field("silent", Shape::Table(&LASTS), "It answers nothing."),
        field("slow", Shape::Table(&SLOW), "It takes longer."),
        field("limit", Shape::Table(&LIMIT), "It has less."),
        field("flap", Shape::Table(&FLAP), "It is down and up again and again."),
    ],
);

static LASTS: Table = with("Lasts", "How long.", &["for"], &[field("for", Patience, "How long.")]);

static SLOW: Table = with(
    "Slow",
    "It takes longer.",
    &["factor", "for"],
    &[field("factor", Number, "Service times this."), field("for", Patience, "How long.")],
);

static LIMIT: Table = with(
    "Limit",
    "It has less.",
    &["for"],
    &[
        field("for", Patience, "How long."),
        field("rate", Rate, "Of a rate limit."),
        field("connections", Whole(1), "Of a pool."),
        field("servers", Whole(1), "Of a server."),
    ],
);

static FLAP: Table = with(
    "Flap",
    "It is down and up again and again.",
    &["for", "down", "up"],
    &[
        field("for", Patience, "How long."),
        field("down", Patience, "How long each time."),
        field("up", Patience, "How long between."),
    ],
);

static RAMP_OF: Table = with(
    "RampParallelism",
    "From few to many.",
    &["from", "to", "add", "every"],
    &[
        field("from", Whole(1), "At the start."),
        field("to", Whole(1), "At most."),
        field("add", Whole(1), "Each time."),
        field("every", Patience, "How often."),
    ],
);

static ADAPT_OF: Table = with(
    "AdaptParallelism",
    "From few to many, with an eye on a dependency.",
    &["from", "to", "add", "every", "watch", "backOffAt"],
    &[
        field("from", Whole(1), "At the start."),
        field("to", Whole(1), "At most."),
        field("add", Whole(1), "Each time."),
        field("every", Patience, "How often."),
        field("watch", Text, "Name of the dependency."),
        field("backOffAt", Shape::Table(&BACK_OFF_AT), "What counts as not well."),
        field("factor", Probability, "Parallelism times this when it is not. Default 0.5."),
    ],
);

static BACK_OFF_AT: Table = choice(
    "BackOffAt",
    "What counts as not well.",
    &[
        field("rejected", Probability, "Share of calls that are rejected."),
        field("latency", Patience, "Calls take longer than this."),
        field("waiting", Whole(0), "More callers than this wait."),
    ],
);

/// The distributions by name.
pub static DISTRIBUTION: Table = choice(
    "Distribution",
    "A random length of time.",
    &[
        field("constant", Either(&[Duration, NEVER]), "Always the same."),
        field("uniform", Shape::Table(&UNIFORM), "Every length between min and max alike."),
        field("exponential", Shape::Table(&EXPONENTIAL), "Without memory."),
        field(
            "logNormal",
            Shape::Table(&LOG_NORMAL),
            "median with one of sigma, p90, p95, p99; or mean with cv.",
        ),
        field("weibull", Shape::Table(&WEIBULL), "1 - exp(-(x/scale)^shape)."),
        field("gamma", Shape::Table(&GAMMA), "Shape and mean."),
        field("pareto", Shape::Table(&PARETO), "Heavy tail: 1 - (min/x)^alpha, cut at max."),
        field("empirical", Either(&[ListOf(&Duration), Shape::Table(&FILE)]), "Measured values."),
        field("mixture", ListOf(&Shape::Table(&PART)), "One of several, by weight."),
        field("shifted", Shape::Table(&SHIFTED), "A constant and something random on top."),
    ],
);

static UNIFORM: Table = with(
    "Uniform",
    "Every length between min and max alike.",
    &["min", "max"],
    &[field("min", Duration, "Shortest."), field("max", Duration, "Longest.")],
);
static EXPONENTIAL: Table =
    with("Exponential", "Without memory.", &["mean"], &[field("mean", Duration, "Mean.")]);
static LOG_NORMAL: Table = table(
    "LogNormal",
    "median with one of sigma, p90, p95, p99; or mean with cv.",
    &[
        field("median", Duration, "Half are shorter."),
        field("sigma", Number, "Of the logarithm."),
        field("p90", Duration, "Nine of ten are shorter."),
        field("p95", Duration, "19 of 20 are shorter."),
        field("p99", Duration, "99 of 100 are shorter."),
        field("mean", Duration, "Mean."),
        field("cv", Number, "Standard deviation over mean."),
    ],
);
static WEIBULL: Table = with(
    "Weibull",
    "1 - exp(-(x/scale)^shape).",
    &["shape", "scale"],
    &[field("scale", Duration, "63 % are shorter."), field("shape", Number, "Below 1: heavy tail.")],
);
static GAMMA: Table = with(
    "Gamma",
    "Shape and mean.",
    &["shape", "mean"],
    &[field("mean", Duration, "Mean."), field("shape", Number, "Above 1: a hump.")],
);
static PARETO: Table = with(
    "Pareto",
    "Heavy tail.",
    &["min", "alpha"],
    &[
        field("min", Duration, "Shortest."),
        field("alpha", Number, "Smaller: heavier."),
        field("max", Duration, "Cut here."),
    ],
);
static FILE: Table = with(
    "File",
    "Values of a file.",
    &["file"],
    &[field("file", Text, "One duration a line, beside this document.")],
);
static PART: Table = with(
    "Part",
    "One of several.",
    &["weight", "of"],
    &[
        field("weight", Number, "Relative to the others."),
        field("of", Shape::Distribution, "The distribution."),
    ],
);
static SHIFTED: Table = with(
    "Shifted",
    "A constant and something random on top.",
    &["by", "of"],
    &[field("by", Duration, "The constant."), field("of", Shape::Distribution, "On top.")],
);

/// All tables that a shape leads to, each once, in the order of first use.
pub fn tables() -> Vec<&'static Table> {
    fn walk(shape: &Shape, found: &mut Vec<&'static Table>) {
        match shape {
            Shape::Table(table) => table_of(table, found),
            Shape::Distribution => table_of(&DISTRIBUTION, found),
            MapOf(shape) | ListOf(shape) => walk(shape, found),
            Either(shapes) => shapes.iter().for_each(|shape| walk(shape, found)),
            _ => {}
        }
    }
    fn table_of(table: &'static Table, found: &mut Vec<&'static Table>) {
        if found.iter().all(|known| known.name != table.name) {
            found.push(table);
            table.fields.iter().for_each(|field| walk(&field.shape, found));
        }
    }
    let mut found = Vec::new();
    table_of(&SIMULATION, &mut found);
    found
}

/// The JSON schema (draft 7) of the Simulation document.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    for table in tables() {
        definitions.insert(table.name.to_string(), of_table(table));
    }
    let duration = r"(\d+(\.\d+)?|\.\d+) ?(ns|us|µs|μs|ms|s|sec|m|min|h|hour|d|day)";
    definitions.insert(
        "duration".to_string(),
        json!({"type": "string", "pattern": format!(r"^\s*{duration}(\s*{duration})*\s*$"), "description": "Such as 90s, 1h30m, 500ms, 2d."}),
    );
    definitions.insert(
        "probability".to_string(),
        json!({"anyOf": [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "pattern": r"^\d*\.?\d+ *%?$"}
        ], "description": "Such as 0.5% or 0.005."}),
    );
    definitions.insert(
        "rate".to_string(),
        json!({"type": "string", "pattern": r"^\s*\d*\.?\d+ */ *(ns|us|µs|μs|ms|s|sec|m|min|h|hour|d|day)\s*$", "description": "Such as 50/s, 600/min, 2/h."}),
    );
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "jobsim Simulation",
        "allOf": [{"$ref": format!("#/definitions/{}", SIMULATION.name)}],
        "definitions": definitions,
    })
}

fn of_table(table: &Table) -> Value {
    let mut properties = Map::new();
    for Field { name, shape, about } in table.fields {
        let mut value = of_shape(shape);
        // Beside $ref a draft 7 reader ignores everything.
        if value.get("$ref").is_some() {
            value = json!({"allOf": [value]});
        }
        value["description"] = json!(about);
        properties.insert(name.to_string(), value);
    }
    let mut value = json!({
        "type": "object", "description": table.about, "additionalProperties": false, "properties": properties,
    });
    if table.choice {
        value["minProperties"] = json!(1);
        value["maxProperties"] = json!(1);
    }
    if !table.required.is_empty() {
        value["required"] = json!(table.required);
    }
    value
}

fn of_shape(shape: &Shape) -> Value {
    let reference = |name: &str| json!({"$ref": format!("#/definitions/{name}")});
    match shape {
        Text => json!({"type": "string"}),
        Bool => json!({"type": "boolean"}),
        Whole(least) => json!({"type": "integer", "minimum": least}),
        Number => json!({"type": "number"}),
        Duration => reference("duration"),
        Patience => json!({"anyOf": [reference("duration"), {"const": "never"}]}),
        Probability => reference("probability"),
        Rate => reference("rate"),
        Shape::Distribution => {
            json!({"anyOf": [reference("duration"), {"const": "never"}, reference(DISTRIBUTION.name)]})
        }
        Names(names) => json!({"enum": names}),
        Shape::Table(table) => reference(table.name),
        MapOf(shape) => json!({"type": "object", "additionalProperties": of_shape(shape)}),
        ListOf(shape) => json!({"type": "array", "items": of_shape(shape)}),
        Either(shapes) => json!({"anyOf": shapes.iter().map(of_shape).collect::<Vec<_>>()}),
        Empty => json!({"type": ["object", "null"], "maxProperties": 0}),
        Anything => json!({}),
    }
}
