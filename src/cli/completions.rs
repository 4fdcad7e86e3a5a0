//! `jobsim completions SHELL`: the script that makes a shell complete the command line. The only file that names
//! clap_complete.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use super::Exit;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Install it, for instance: source <(jobsim completions bash)
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Args::command(), "jobsim", &mut script);
    out.write_all(&script)?;
    Ok(Exit::Done)
}
