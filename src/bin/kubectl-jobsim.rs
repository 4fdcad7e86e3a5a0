//! The same as a kubectl plugin: `kubectl jobsim`.

fn main() -> std::process::ExitCode {
    jobsim::cli::main()
}
