//! The `jobsim` command.

fn main() -> std::process::ExitCode {
    jobsim::cli::main()
}
