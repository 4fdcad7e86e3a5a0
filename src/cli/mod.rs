//! The command line: arguments as typed, one file a sub-command, exit codes. The only place that prints.

mod answer_folder;
mod axes;
mod charts;
mod check;
mod color;
mod common;
mod compare;
mod completions;
mod conformance;
mod default_axes;
mod emit_job;
mod estimate;
mod explain;
mod interrupt;
mod learn;
mod merge;
mod new;
mod progress;
mod recommend;
mod result_folder;
mod run;
mod shard;
mod sweep;
mod sweep_cells;
mod sweep_folder;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use interrupt::Left;

/// Simulates Kubernetes batch/v1 Jobs (Kubernetes 1.37) before anyone runs them.
#[derive(Parser)]
#[command(name = "jobsim", version, arg_required_else_help = true)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Simulate Jobs and say how they end, when, and at what cost
    Run(Box<run::Args>),
    /// Validate and lint; nothing is simulated
    Check(Box<check::Args>),
    /// Tell the story of one run: what happened, when, and by which rule
    Explain(Box<explain::Args>),
    /// Write a commented scenario to start from
    New(new::Args),
    /// Differences between settings, run by run with the same luck: BASE VARIANT...
    Compare(Box<compare::Args>),
    /// The same over a grid of settings, with the same luck in each
    Sweep(Box<sweep::Args>),
    /// Which setting to take: the smallest EXPR that meets all constraints, how sure that is, and the manifest with it
    Recommend(Box<recommend::Args>),
    /// Results of the shards of a sweep into one
    Merge(merge::Args),
    /// The gallery: question, prediction, run, answer
    Learn(learn::Args),
    /// Print the completion script of a shell
    Completions(completions::Args),
    /// Replay recorded traces of the real Job controller and report differences
    Conformance(conformance::Args),
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Exit {
    Done,
    /// The answer is no.
    No,
    /// Input that cannot be read, or bad use.
    Bad,
    /// A gate that the replications could not decide.
    Undecided,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    // Not locked: a stop has something to say, too.
    let mut err = std::io::stderr();
    interrupt::end_cleanly(match args.command {
        Command::Run(_) | Command::Sweep(_) => Left::Journal,
        _ => Left::Nothing,
    });
    let result = match args.command {
        Command::Run(args) => run::run(&args, &mut out, &mut err),
        Command::Check(args) => check::run(&args, &mut out, &mut err),
        Command::Explain(args) => explain::run(&args, &mut out, &mut err),
        Command::New(args) => new::run(&args, &mut out, &mut err),
        Command::Compare(args) => compare::run(&args, &mut out, &mut err),
        Command::Sweep(args) => sweep::run(&args, &mut out, &mut err),
        Command::Recommend(args) => recommend::run(&args, &mut out, &mut err),
        Command::Merge(args) => merge::run(&args, &mut out, &mut err),
        Command::Learn(args) => learn::run(&args, &mut out, &mut err),
        Command::Completions(args) => completions::run(&args, &mut out),
        Command::Conformance(args) => conformance::run(&args, &mut out, &mut err),
    };
    let result = result.and_then(|exit| out.flush().map(|()| exit));
    match result {
        Ok(Exit::Done) => ExitCode::from(0),
        Ok(Exit::No) => ExitCode::from(1),
        Ok(Exit::Bad) => ExitCode::from(2),
        Ok(Exit::Undecided) => ExitCode::from(3),
        // A closed pipe is a clean end.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(0),
        Err(error) => {
            let _ = writeln!(err, "jobsim: cannot write the output: {error}");
            ExitCode::from(2)
        }
    }
}
