//! report.html as a file: the same bytes for the same inputs, small, escaped, and never half written.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn jobsim(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

fn fresh(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// The page of a command, saved under a name.
fn page(name: &str, arguments: &[&str]) -> String {
    let folder = fresh(name);
    let output = jobsim(&[arguments, &["--save", folder.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(folder.join("report.html")).unwrap()
}

#[test]
fn the_page_depends_on_nothing_but_the_inputs() {
    let first = page("page-one", &["run", "scenarios/black-hole", "-n", "40", "--threads", "1"]);
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/black-hole");
    let second = page("page-two", &["run", manifest.to_str().unwrap(), "-n", "40", "--threads", "7"]);
    assert!(first == second);
    for words in
        ["hangs for ever in", "Step by step", "How far to trust it", "no-deadline", "completionMode: Indexed"]
    {
        assert!(first.contains(words), "{words}");
    }
    let command = "jobsim run job.yaml simulation.yaml --seed 42 -n 40";
    assert!(first.contains(command), "the command to repeat it");
}

#[test]
fn the_command_to_repeat_it_makes_the_same_page() {
    let gate = ["--gate", "p95.makespan<=2h", "--done-by", "90m", "--replication", "3"];
    let first = page(
        "page-said",
        &[&["run", "scenarios/queue-processor", "-n", "30", "--parallelism", "7"][..], &gate].concat(),
    );
    let line = first.split("class=\"command-line\">").nth(1).unwrap().split('<').next().unwrap();
    let line = line.replace("&lt;", "<").replace("&#39;", "'").replace("&amp;", "&");
    let folder = fresh("page-repeated");
    let script = format!("{line} --save {}", folder.display());
    let script = script.replacen("jobsim", env!("CARGO_BIN_EXE_jobsim"), 1);
    let at = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/queue-processor");
    let output = Command::new("sh").args(["-c", &script]).current_dir(at).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    let second = std::fs::read_to_string(folder.join("report.html")).unwrap();
    let without_command = |page: &str| page.split("class=\"command-line\">").next().unwrap().to_string();
    assert!(without_command(&first) == without_command(&second), "{script}");
}

#[test]
fn shards_merge_to_the_same_page() {
    let sweep = ["sweep", "scenarios/black-hole", "--vary", "parallelism=1,2,4", "-n", "10"];
    let whole = page("page-whole", &sweep);
    let parts: Vec<String> = ["0/2", "1/2"]
        .into_iter()
        .map(|shard| {
            let name = format!("page-shard-{}", &shard[..1]);
            page(&name, &[&sweep[..], &["--shard", shard]].concat());
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name).to_str().unwrap().to_string()
        })
        .collect();
    let merged = page("page-merged", &["merge", &parts[0], &parts[1]]);
    assert!(whole == merged);
    assert!(whole.contains("--vary parallelism=1,2,4 --seed 42 -n 10"), "the command to repeat it");
}

#[test]
fn compare_saves_once() {
    let folder = fresh("page-compare");
    let compare = |more: &[&str]| {
        let save = ["compare", "scenarios/black-hole", "scenarios/black-hole/with-pod-deadline", "--save"];
        jobsim(&[&save[..], &[folder.to_str().unwrap(), "-n", "20"], more].concat())
    };
    let first = compare(&[]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let bytes = || ["report.html", "summary.json"].map(|name| std::fs::read(folder.join(name)).unwrap());
    let before = bytes();
    assert!(String::from_utf8_lossy(&before[0]).contains("activeDeadlineSeconds"));
    assert!(compare(&[]).status.success());
    let other = compare(&["--seed", "7"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&other.stderr).contains("the folder holds something else"));
    assert!(before == bytes());
    // Killed on its way: some files whole, one begun, no summary. The same command finishes it, another does not.
    std::fs::remove_file(folder.join("summary.json")).unwrap();
    std::fs::rename(folder.join("report.html"), folder.join("report.html.part")).unwrap();
    assert_eq!(compare(&["--seed", "7"]).status.code(), Some(2));
    assert!(compare(&[]).status.success());
    assert!(before == bytes() && !folder.join("report.html.part").exists());
    std::fs::remove_file(folder.join("summary.json")).unwrap();
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    assert_eq!(compare(&[]).status.code(), Some(2));
}

/// The tables of a finished folder are those of one run: another one is something else.
#[test]
fn another_run_to_show_is_another_folder() {
    let folder = fresh("page-replication");
    let run = |more: &[&str]| {
        let save = ["run", "scenarios/black-hole", "-n", "20", "--save", folder.to_str().unwrap()];
        jobsim(&[&save[..], more].concat()).status.code()
    };
    assert_eq!(run(&["--replication", "3"]), Some(0));
    assert_eq!(run(&["--replication", "3"]), Some(0));
    assert_eq!(run(&["--replication", "4"]), Some(2));
    assert_eq!(run(&[]), Some(2));
}

#[test]
fn recommend_saves_a_page_with_the_change_and_what_it_costs() {
    let question =
        ["recommend", "scenarios/black-hole", "--minimize", "makespan", "--subject-to", "stuck<=5%"];
    let axes =
        ["--vary", "spec.template.spec.activeDeadlineSeconds=null,300,600", "--vary", "parallelism=3,5"];
    let all = page("page-recommend", &[&question[..], &axes].concat());
    for words in [
        "Take spec.template.spec.activeDeadlineSeconds=300 parallelism=5",
        "<ins>+       activeDeadlineSeconds: 300</ins>",
        "<del>-   parallelism: 3</del>",
        "id=\"pareto\"",
        "id=\"deadline-pod-black-hole\"",
        "What to measure next",
        "stuck&lt;=5% costs",
        "What the container does: how long it runs",
        "--subject-to &#39;stuck&lt;=5%&#39;",
    ] {
        assert!(all.contains(words), "{words}");
    }
    let brief = page("page-recommend-brief", &[&question[..], &axes, &["--brief"]].concat());
    assert!(!brief.contains("What to measure next") && !brief.contains("Which deadline"));
}

#[test]
fn a_page_of_many_pods_is_small_and_says_what_it_leaves_out() {
    let of = [
        "run",
        "scenarios/queue-processor",
        "-n",
        "3",
        "--completions",
        "4000",
        "--parallelism",
        "200",
        "--backoff-limit",
        "9999",
    ];
    let page = page("page-large", &of);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page.contains("1000 of 4"), "pods that are left out");
    assert!(page.contains("all are in pods.csv beside this page"));
}

#[test]
fn a_repair_is_shown_as_a_patch() {
    let folder = fresh("page-patch");
    std::fs::create_dir_all(&folder).unwrap();
    let job = folder.join("job.yaml");
    std::fs::write(
        &job,
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: shared}\nspec:\n  completionMode: Indexed\n  completions: 40\n  \
         parallelism: 10\n  backoffLimitPerIndex: 2\n  template:\n    spec:\n      restartPolicy: OnFailure\n      containers:\n      - {name: main, image: x}\n",
    )
    .unwrap();
    let failing = "simulation.workload.default.failure={probability: 10%}";
    let page = page("page-patched", &["run", job.to_str().unwrap(), "-n", "20", "--set", failing]);
    assert!(page.contains("<del>-       restartPolicy: OnFailure</del>"), "the line that goes");
    assert!(page.contains("<ins>+       restartPolicy: Never</ins>"), "the line that comes");
}

/// Where the page cannot be written: an error with the file's name, and nothing under that name.
#[cfg(unix)]
mod trouble {
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::symlink;
    use std::process::Stdio;

    /// A folder with the journal of a run that was killed, so that jobsim goes on in it.
    fn begun(name: &str) -> PathBuf {
        let folder = fresh(name);
        std::fs::create_dir_all(&folder).unwrap();
        // An empty journal: nothing was done yet.
        std::fs::write(folder.join("journal.jsonl"), "").unwrap();
        folder
    }

    #[test]
    fn a_full_disk() {
        if !Path::new("/dev/full").exists() {
            eprintln!("skipped: no /dev/full here");
            return;
        }
        let folder = begun("page-full");
        symlink("/dev/full", folder.join("report.html.part")).unwrap();
        let output = jobsim(&["run", "scenarios/black-hole", "-n", "5", "--save", folder.to_str().unwrap()]);
        let error = String::from_utf8_lossy(&output.stderr).to_string();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("report.html: No space left on device"), "{error}");
        assert!(!folder.join("report.html").exists() && !folder.join("summary.json").exists());
        // With room again the same command ends it.
        assert!(!folder.join("report.html.part").exists());
        let output = jobsim(&["run", "scenarios/black-hole", "-n", "5", "--save", folder.to_str().unwrap()]);
        assert!(output.status.success());
        assert!(folder.join("report.html").exists() && folder.join("summary.json").exists());
    }

    /// In a namespace of its own: SIZE bytes at $AT, the command, what is there then; with room, the command again.
    const ON_A_SMALL_DISK: &str = "\
mount -t tmpfs -o size=$SIZE tmpfs \"$AT\" || exit 77
\"$@\" >/dev/null 2>\"$KEPT/error\"
echo $?
mkdir \"$KEPT/first\" \"$KEPT/again\"
cp -r \"$AT/.\" \"$KEPT/first\"
mount -o remount,size=64m \"$AT\" || exit 77
\"$@\" >/dev/null 2>&1
echo $?
cp -r \"$AT/.\" \"$KEPT/again\"
";

    /// Exit codes of the command on the small disk and with room; none where no disk can be mounted.
    fn on_a_small_disk(kept: &Path, size: &str, command: &[&str]) -> Option<(i32, i32)> {
        let at = kept.join("disk");
        std::fs::create_dir_all(&at).unwrap();
        let place = |word: &&str| word.replace('@', at.to_str().unwrap());
        let output = Command::new("unshare")
            .args(["-rm", "sh", "-c", ON_A_SMALL_DISK, "sh", env!("CARGO_BIN_EXE_jobsim")])
            .args(command.iter().map(place))
            .env("SIZE", size)
            .env("AT", &at)
            .env("KEPT", kept)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .ok()?;
        let codes = String::from_utf8_lossy(&output.stdout).to_string();
        let mut codes = codes.lines().map(|line| line.parse().unwrap());
        if output.status.code() != Some(0) {
            eprintln!("skipped: no disk of our own: {}", String::from_utf8_lossy(&output.stderr).trim());
            return None;
        }
        Some((codes.next()?, codes.next()?))
    }

    /// Every file below a folder, by its path there.
    fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = PathBuf::from(entry.file_name().unwrap());
            match entry.is_dir() {
                true => found.extend(files(&entry).into_iter().map(|(path, bytes)| (name.join(path), bytes))),
                false => found.push((name, std::fs::read(&entry).unwrap())),
            }
        }
        found
    }

    #[test]
    fn a_disk_that_is_really_full() {
        let commands: [(&str, &[&str]); 5] = [
            ("run", &["run", "scenarios/black-hole", "-n", "30", "--save", "@/d"]),
            (
                "sweep",
                &["sweep", "scenarios/black-hole", "--vary", "parallelism=1,2", "-n", "20", "--save", "@/d"],
            ),
            (
                "compare",
                &[
                    "compare",
                    "scenarios/black-hole",
                    "--variant",
                    "parallelism=5",
                    "-n",
                    "20",
                    "--save",
                    "@/d",
                ],
            ),
            (
                "recommend",
                &[
                    "recommend",
                    "scenarios/queue-processor",
                    "--minimize",
                    "makespan",
                    "--vary",
                    "parallelism=10,20",
                    "--subject-to",
                    "peak_running<=10",
                    "--brief",
                    "--save",
                    "@/d",
                ],
            ),
            ("explain", &["explain", "scenarios/black-hole", "-n", "5", "--trace", "@/trace.json"]),
        ];
        for (name, command) in commands {
            for size in ["4k", "24k", "120k"] {
                let kept = fresh(&format!("full-{name}-{size}"));
                let Some((first, again)) = on_a_small_disk(&kept, size, command) else { return };
                let error = std::fs::read_to_string(kept.join("error")).unwrap();
                assert!(first == 2 || first == 0 && size != "4k", "{name} {size}: {first} {error}");
                if first == 2 {
                    assert!(error.contains("No space left on device"), "{name} {size}: {error}");
                    assert!(
                        error.contains("--save ") || error.contains("--trace "),
                        "{name} {size}: {error}"
                    );
                }
                // With room the same command ends it, and what was there already was whole.
                assert_eq!(again, 0, "{name} {size}");
                let whole = files(&kept.join("again"));
                assert!(whole.iter().all(|file| file.0.extension().is_none_or(|end| end != "part")));
                for (path, bytes) in files(&kept.join("first")) {
                    if !path.ends_with("journal.jsonl") {
                        assert!(whole.contains(&(path.clone(), bytes)), "{name} {size}: {}", path.display());
                    }
                }
            }
        }
    }

    #[test]
    fn a_place_where_no_folder_can_be() {
        let file = fresh("page-no-folder");
        std::fs::write(&file, "a file").unwrap();
        let below = file.join("below");
        for command in [
            &["run", "scenarios/black-hole", "-n", "5"][..],
            &["sweep", "scenarios/black-hole", "--vary", "parallelism=1,2", "-n", "5"],
            &["compare", "scenarios/black-hole", "--variant", "spec.parallelism=5", "-n", "5"],
            &[
                "recommend",
                "scenarios/black-hole",
                "--minimize",
                "makespan",
                "--vary",
                "parallelism=2,3",
                "--brief",
            ],
        ] {
            let output = jobsim(&[command, &["--save", below.to_str().unwrap()]].concat());
            let error = String::from_utf8_lossy(&output.stderr).to_string();
            assert_eq!(output.status.code(), Some(2), "{error}");
            assert!(error.contains("--save ") && error.contains("Not a directory"), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "a file");
    }

    #[test]
    fn ctrl_c_while_the_page_is_written() {
        let folder = begun("page-interrupted");
        // A pipe in the place of the page: its writer waits for us in the middle.
        let part = folder.join("report.html.part");
        assert!(Command::new("mkfifo").arg(&part).status().unwrap().success());
        let mut child = Command::new(env!("CARGO_BIN_EXE_jobsim"))
            .args(["run", "scenarios/black-hole", "-n", "5", "--save", folder.to_str().unwrap()])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut pipe = std::fs::File::open(&part).unwrap();
        let mut some = [0; 100];
        pipe.read_exact(&mut some).unwrap();
        assert!(some.starts_with(b"<!DOCTYPE html>"));
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        child.wait().unwrap();
        drop(pipe);
        assert!(!folder.join("report.html").exists() && !folder.join("summary.json").exists());
        std::fs::remove_file(&part).unwrap();
        let output = jobsim(&["run", "scenarios/black-hole", "-n", "5", "--save", folder.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(folder.join("report.html").exists() && !part.exists());
    }

    #[test]
    fn a_closed_pipe_is_a_clean_end() {
        let folder = fresh("page-closed-pipe");
        let mut child = Command::new(env!("CARGO_BIN_EXE_jobsim"))
            .args([
                "run",
                "scenarios/black-hole",
                "-n",
                "5",
                "-o",
                "json",
                "--save",
                folder.to_str().unwrap(),
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        assert!(child.wait().unwrap().success());
        assert!(folder.join("report.html").exists() && folder.join("summary.json").exists());
    }
}
