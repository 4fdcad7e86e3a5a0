//! `steps` with calls → [`Program`]: what a container does with what pods share.

use super::dependencies::{Dependencies, or, patience, word};
use super::node::{Entry, Node};
use super::reader::{Reader, present};
use super::retries::read_retry;
use crate::engine::time::SimDuration;
use crate::model::dependency::{Access, Kind, Queue};
use crate::model::steps::*;

/// The client's keys of random numbers have room for so many.
const MOST_STEPS: usize = 4000;
const MOST_CALLS: i64 = 1_000_000;

/// What a step can be.
pub(super) const KINDS_OF_STEPS: [&str; 4] = ["run", "call", "hold", "repeat"];

/// Whether steps do more than run one after the other.
pub(super) fn has_calls(steps: &[Node]) -> bool {
    steps.iter().any(|step| ["call", "hold", "repeat"].iter().any(|kind| step.get(kind).is_some()))
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
        let Some(Entry { key, value, .. }) = reader.one_of(step, &path, &KINDS_OF_STEPS) else {
            good = false;
            continue;
        };
        let path = format!("{path}.{key}");
        let read = match key.as_str() {
            "run" => read_length(value, &path, reader).map(|run| program.ops.push(Op::Run(run))),
            "call" => read_call(value, &path, dependencies, held, reader)
                .map(|call| program.ops.push(Op::Call(Box::new(call)))),
            "hold" => read_hold(program, value, &path, dependencies, held, reader),
            _ => read_repeat(program, value, &path, dependencies, held, reader),
        };
        good &= read.is_some();
        if program.ops.len() > MOST_STEPS {
            reader.invalid(step, &path, format!("more than {MOST_STEPS} steps"));
            return None;
        }
    }
    good.then_some(())
}

/// A distribution, or `byIndex` with one for each index.
pub(super) fn read_length(node: &Node, path: &str, reader: &mut Reader) -> Option<Length> {
    let Some(list) = node.get("byIndex") else {
        return reader.distribution(node, path).map(Length::Same);
    };
    reader.map(node, path, &["byIndex"])?;
    let path = format!("{path}.byIndex");
    let items = reader.list(list, &path)?.iter().enumerate();
    let laws: Vec<_> = items.map(|(n, item)| reader.distribution(item, &format!("{path}[{n}]"))).collect();
    laws.into_iter().collect::<Option<Vec<_>>>().map(Length::ByIndex)
}

fn read_hold(
    program: &mut Program,
    node: &Node,
    path: &str,
    dependencies: &Dependencies,
    held: &mut Vec<usize>,
    reader: &mut Reader,
) -> Option<()> {
    reader.map(node, path, &["of", "steps", "access", "think", "timeout", "retry", "giveUp"])?;
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

/// The same steps several times, written out: each round has its own luck.
fn read_repeat(
    program: &mut Program,
    node: &Node,
    path: &str,
    dependencies: &Dependencies,
    held: &mut Vec<usize>,
    reader: &mut Reader,
) -> Option<()> {
    reader.map(node, path, &["times", "steps"])?;
    let times = reader.required(node, path, "times");
    let times = times.and_then(|v| reader.whole(v, &format!("{path}.times"), 1, MOST_STEPS as i64));
    let steps = reader.required(node, path, "steps")?;
    let below = format!("{path}.steps");
    let steps = reader.list(steps, &below)?;
    let mut one = Program { ops: Vec::new() };
    read_into(&mut one, steps, &below, dependencies, held, reader)?;
    let times = times? as usize;
    if program.ops.len() + times * one.ops.len() > MOST_STEPS {
        reader.invalid(node, path, format!("more than {MOST_STEPS} steps when written out"));
        return None;
    }
    for _ in 0..times {
        let from = program.ops.len();
        program.ops.extend(one.ops.iter().map(|op| match op {
            Op::Release { hold } => Op::Release { hold: from + hold },
            op => op.clone(),
        }));
    }
    Some(())
}

fn read_call(
    node: &Node,
    path: &str,
    dependencies: &Dependencies,
    held: &[usize],
    reader: &mut Reader,
) -> Option<Call> {
    let known = ["to", "times", "access", "think", "service", "timeout", "retry", "giveUp"];
    reader.map(node, path, &known)?;
    let call = read_common(node, path, "to", dependencies, held, reader);
    let times = or(node, path, "times", 1, reader, |v, p, r| r.whole(v, p, 1, MOST_CALLS).map(|n| n as u32));
    let service = or(node, path, "service", None, reader, |v, p, r| read_length(v, p, r).map(Some));
    let (mut call, service) = (call?, service?);
    call.times = times?;
    call.service = service.or_else(|| dependencies.list[call.to].service.clone().map(Length::Same));
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
    let think = or(node, path, "think", None, reader, |v, p, r| read_length(v, p, r).map(Some));
    let timeout = or(node, path, "timeout", SimDuration::NEVER, reader, patience);
    let retry = or(node, path, "retry", Retry::NONE, reader, read_retry);
    let access = or(node, path, "access", Access::Exclusive, reader, |v, p, r| {
        word(v, p, &[("read", Access::Shared), ("write", Access::Exclusive)], r)
    });
    let give_up = or(node, path, "giveUp", 1, reader, |v, p, r| {
        r.map(v, p, &["exitCode"])?;
        or(v, p, "exitCode", 1, r, |v, p, r| r.whole(v, p, 1, 255).map(|code| code as i32))
    });
    let to = to?;
    let dependency = &dependencies.list[to];
    if let Some(value) = present(node, "access")
        && !matches!(dependency.kind, Kind::Lock(_))
    {
        let message = format!("{} is a {}, only locks have readers", dependency.name, dependency.kind.name());
        reader.invalid(value, &format!("{path}.access"), message);
        return None;
    }
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
        Kind::Lock(lock) => waits_for_ever(&lock.queue),
        Kind::Pool(pool) => waits_for_ever(&pool.queue),
        Kind::RateLimit(_) | Kind::Server(_) => false,
    } && dependency.deadlock_timeout.is_none()
        && dependency.hold_timeout.is_none();
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
