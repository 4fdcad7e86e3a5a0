//! `steps` with calls → [`Program`]: what a container does with what pods share.

use super::dependencies::{Dependencies, patience, positive};
use super::node::{Entry, Node};
use super::reader::{Reader, present};
use crate::engine::distribution::Distribution;
use crate::engine::time::SimDuration;
use crate::model::dependency::{Access, Kind, Queue};
use crate::model::steps::*;

/// The client's keys of random numbers have room for so many.
const MOST_STEPS: usize = 4000;
const MOST_CALLS: i64 = 1_000_000;
const MOST_ATTEMPTS: i64 = 4000;

/// Whether steps call anything.
pub(super) fn has_calls(steps: &[Node]) -> bool {
    steps.iter().any(|step| step.get("call").is_some() || step.get("hold").is_some())
}

/// All steps of a container.
pub(super) fn read_program(
    steps: &[Node],
    path: &str,
    dependencies: &Dependencies,
    reader: &mut Reader,
) -> Option<Program> {
    let mut program = Program { ops: Vec::new() };
    let mut held = Vec::new();
    read_into(&mut program, steps, path, dependencies, &mut held, reader)?;
    Some(program)
}

fn read_into(
    program: &mut Program,
    steps: &[Node],
    path: &str,
    dependencies: &Dependencies,
    held: &mut Vec<usize>,
    reader: &mut Reader,
) -> Option<()> {
    let mut good = true;
    for (n, step) in steps.iter().enumerate() {
        let path = format!("{path}[{n}]");
        let Some(Entry { key, value, .. }) = reader.one_of(step, &path, &["run", "call", "hold"], &[]) else {
            good = false;
            continue;
        };
        let path = format!("{path}.{key}");
        let read = match key.as_str() {
            "run" => read_run(value, &path, reader).map(|law| program.ops.push(Op::Run(law))),
            "call" => read_call(value, &path, dependencies, held, reader)
                .map(|call| program.ops.push(Op::Call(Box::new(call)))),
            _ => read_hold(program, value, &path, dependencies, held, reader),
        };
        good &= read.is_some();
        if program.ops.len() > MOST_STEPS {
            reader.invalid(step, &path, format!("more than {MOST_STEPS} steps"));
            return None;
        }
    }
    good.then_some(())
}

fn read_run(node: &Node, path: &str, reader: &mut Reader) -> Option<Distribution> {
    if node.get("byIndex").is_some() {
        reader.unsupported(node.span, format!("{path}.byIndex beside calls"));
        return None;
    }
    reader.distribution(node, path)
}

fn read_hold(
    program: &mut Program,
    node: &Node,
    path: &str,
    dependencies: &Dependencies,
    held: &mut Vec<usize>,
    reader: &mut Reader,
) -> Option<()> {
    reader.map(node, path, &["of", "steps", "access", "think", "timeout", "retry", "giveUp"], &[])?;
    let call = read_common(node, path, "of", dependencies, held, reader)?;
    let steps = reader.required(node, path, "steps")?;
    let path = format!("{path}.steps");
    let steps = reader.list(steps, &path)?;
    let (hold, to) = (program.ops.len(), call.to);
    program.ops.push(Op::Hold(Box::new(call)));
    held.push(to);
    let read = read_into(program, steps, &path, dependencies, held, reader);
    held.pop();
    program.ops.push(Op::Release { hold });
    read
}

fn read_call(
    node: &Node,
    path: &str,
    dependencies: &Dependencies,
    held: &[usize],
    reader: &mut Reader,
) -> Option<Call> {
    let known = ["to", "times", "access", "think", "service", "timeout", "retry", "giveUp"];
    reader.map(node, path, &known, &[])?;
    let call = read_common(node, path, "to", dependencies, held, reader);
    let times = match present(node, "times") {
        Some(value) => reader.whole(value, &format!("{path}.times"), 1, MOST_CALLS).map(|n| n as u32),
        None => Some(1),
    };
    let service = match present(node, "service") {
        Some(value) => reader.distribution(value, &format!("{path}.service")).map(Some),
        None => Some(None),
    };
    let (mut call, service) = (call?, service?);
    call.times = times?;
    call.service = service.or_else(|| dependencies.list[call.to].service.clone());
    Some(call)
}

/// What calls and holds have in common.
fn read_common(
    node: &Node,
    path: &str,
    to: &str,
    dependencies: &Dependencies,
    held: &[usize],
    reader: &mut Reader,
) -> Option<Call> {
    let name = reader.required(node, path, to);
    let to_path = format!("{path}.{to}");
    let to = name.and_then(|name| {
        let text = reader.text(name, &to_path)?;
        dependencies.named(text, name.span, &to_path, reader)
    });
    let think = match present(node, "think") {
        Some(value) => reader.distribution(value, &format!("{path}.think")).map(Some),
        None => Some(None),
    };
    let timeout = match present(node, "timeout") {
        Some(value) => patience(value, &format!("{path}.timeout"), reader),
        None => Some(SimDuration::NEVER),
    };
    let retry = match present(node, "retry") {
        Some(value) => read_retry(value, &format!("{path}.retry"), reader),
        None => Some(Retry::NONE),
    };
    let access = match present(node, "access") {
        Some(value) => match value.as_str() {
            Some("read") => Some(Access::Shared),
            Some("write") => Some(Access::Exclusive),
            _ => {
                reader.expected(value, &format!("{path}.access"), "read or write");
                None
            }
        },
        None => Some(Access::Exclusive),
    };
    let give_up = match present(node, "giveUp") {
        Some(value) => {
            let path = format!("{path}.giveUp");
            reader.map(value, &path, &["exitCode"], &[])?;
            match present(value, "exitCode") {
                Some(code) => reader.whole(code, &format!("{path}.exitCode"), 1, 255).map(|c| c as i32),
                None => Some(1),
            }
        }
        None => Some(1),
    };
    let to = to?;
    let dependency = &dependencies.list[to];
    let name_span = name.map_or(node.span, |name| name.span);
    if let Some(name) = name
        && held.contains(&to)
    {
        let many = match &dependency.kind {
            Kind::Lock(_) => 1,
            Kind::Pool(pool) => pool.connections as usize,
            Kind::Server(server) => server.servers as usize,
            Kind::RateLimit(_) => usize::MAX,
        };
        if held.iter().filter(|&&held| held == to).count() >= many {
            let message =
                format!("{to_path}: the pod holds {} already, and would wait for itself", dependency.name);
            let diagnostic = super::diagnostic::Diagnostic::error("hold-loop", message).at(name.span);
            reader.diagnostics.push(diagnostic.help("end the hold before this step"));
            return None;
        }
    }
    let (timeout, retry) = (timeout?, retry?);
    let waits_for_ever = |queue: &Queue| queue.wait_timeout.is_never() && queue.limit.is_none();
    let for_ever = match &dependency.kind {
        Kind::Lock(lock) => waits_for_ever(&lock.queue) && dependency.deadlock_timeout.is_none(),
        Kind::Pool(pool) => waits_for_ever(&pool.queue) && dependency.deadlock_timeout.is_none(),
        Kind::RateLimit(_) | Kind::Server(_) => false,
    };
    if for_ever && timeout.is_never() && retry.attempts > 1 {
        let message = format!(
            "{path}: retries a wait for {} that never fails: neither the call has a timeout nor {} a waitTimeout",
            dependency.name, dependency.name
        );
        let diagnostic = super::diagnostic::Diagnostic::error("retry-without-timeout", message).at(name_span);
        reader.diagnostics.push(diagnostic.help("add `timeout:` to the call, or remove `retry:`"));
        return None;
    }
    Some(Call {
        to,
        times: 1,
        access: access?,
        think: think?,
        service: None,
        timeout,
        retry,
        give_up: give_up?,
    })
}

fn read_retry(node: &Node, path: &str, reader: &mut Reader) -> Option<Retry> {
    let known = ["attempts", "backoff", "honourRetryAfter", "budget", "breaker"];
    reader.map(node, path, &known, &[])?;
    let attempts = reader.required(node, path, "attempts");
    let attempts =
        attempts.and_then(|value| reader.whole(value, &format!("{path}.attempts"), 1, MOST_ATTEMPTS));
    let backoff = match present(node, "backoff") {
        Some(value) => read_backoff(value, &format!("{path}.backoff"), reader),
        None => Some(Retry::NONE.backoff),
    };
    let honour_retry_after = match present(node, "honourRetryAfter") {
        Some(value) => reader.boolean(value, &format!("{path}.honourRetryAfter")),
        None => Some(true),
    };
    let budget = match present(node, "budget") {
        Some(value) => read_budget(value, &format!("{path}.budget"), reader).map(Some),
        None => Some(None),
    };
    let breaker = match present(node, "breaker") {
        Some(value) => read_breaker(value, &format!("{path}.breaker"), reader).map(Some),
        None => Some(None),
    };
    Some(Retry {
        attempts: attempts? as u32,
        backoff: backoff?,
        honour_retry_after: honour_retry_after?,
        budget: budget?,
        breaker: breaker?,
    })
}

fn read_backoff(node: &Node, path: &str, reader: &mut Reader) -> Option<Backoff> {
    let none = Retry::NONE.backoff;
    if node.as_str().is_some() {
        let base = reader.duration(node, path)?;
        return Some(Backoff { base, ..none });
    }
    reader.map(node, path, &["base", "factor", "cap", "jitter"], &[])?;
    let base = reader.required(node, path, "base").and_then(|v| reader.duration(v, &format!("{path}.base")));
    let factor = match present(node, "factor") {
        Some(value) => positive(value, &format!("{path}.factor"), reader),
        None => Some(2.0),
    };
    let cap = match present(node, "cap") {
        Some(value) => patience(value, &format!("{path}.cap"), reader),
        None => Some(SimDuration::NEVER),
    };
    let jitter = match present(node, "jitter") {
        None => Some(Jitter::None),
        Some(value) => match value.as_str() {
            Some("none") => Some(Jitter::None),
            Some("full") => Some(Jitter::Full),
            Some("equal") => Some(Jitter::Equal),
            Some("decorrelated") => Some(Jitter::Decorrelated),
            _ => {
                reader.expected(value, &format!("{path}.jitter"), "none, full, equal or decorrelated");
                None
            }
        },
    };
    Some(Backoff { base: base?, factor: factor?, cap: cap?, jitter: jitter? })
}

fn read_budget(node: &Node, path: &str, reader: &mut Reader) -> Option<Budget> {
    reader.map(node, path, &["ratio", "most"], &[])?;
    let ratio = reader.required(node, path, "ratio")?;
    let ratio = reader.probability(ratio, &format!("{path}.ratio"));
    let most = match present(node, "most") {
        Some(value) => positive(value, &format!("{path}.most"), reader),
        None => Some(10.0),
    };
    Some(Budget { ratio: ratio?, most: most? })
}

fn read_breaker(node: &Node, path: &str, reader: &mut Reader) -> Option<Breaker> {
    reader.map(node, path, &["failures", "open"], &[])?;
    let failures = reader.required(node, path, "failures");
    let failures =
        failures.and_then(|value| reader.whole(value, &format!("{path}.failures"), 1, MOST_ATTEMPTS));
    let open = reader.required(node, path, "open").and_then(|v| patience(v, &format!("{path}.open"), reader));
    Some(Breaker { failures: failures? as u32, open: open? })
}
