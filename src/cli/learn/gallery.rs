//! The scenarios that are inside the program, so that `learn` works in any folder, and their pages.
//!
//! The list is that of `scenarios/`, and `scenarios/README.md` gives the order: a test holds all three together. Reads
//! no file.

/// The course: parts as headings of level 2, lessons as links to their folders, in the order to go through.
pub(super) const COURSE: &str = include_str!("../../../scenarios/README.md");

/// The files of one folder.
pub(super) struct Folder {
    /// Below `scenarios/`.
    pub(super) path: &'static str,
    pub(super) job: &'static str,
    pub(super) simulation: &'static str,
    pub(super) readme: &'static str,
}

macro_rules! folders {
    ($($path:literal,)+) => {
        &[$(Folder {
            path: $path,
            job: include_str!(concat!("../../../scenarios/", $path, "/job.yaml")),
            simulation: include_str!(concat!("../../../scenarios/", $path, "/simulation.yaml")),
            readme: include_str!(concat!("../../../scenarios/", $path, "/README.md")),
        }),+]
    };
}

/// Every folder; variants stand below their lesson.
const FOLDERS: &[Folder] = folders![
    "work-queue",
    "work-queue/both-unset",
    "work-queue/no-failure-allowed",
    "work-queue/with-completions",
    "data-slicer",
    "data-slicer/indexed",
    "two-at-once",
    "two-at-once/wait-for-the-old-one",
    "checkpoint-volume",
    "checkpoint-volume/shared-claim",
    "success-policy",
    "success-policy/first-answers",
    "success-policy/without",
    "black-hole",
    "black-hole/more-parallelism",
    "black-hole/with-all-three",
    "black-hole/with-failure-policy",
    "black-hole/with-job-deadline",
    "black-hole/with-per-index-limit",
    "black-hole/with-pod-deadline",
    "black-hole/with-replacement-policy",
    "blocked-queue",
    "blocked-queue/two-slots",
    "never-starts",
    "never-starts/no-node-job-deadline",
    "never-starts/no-node-pod-deadline",
    "never-starts/with-pod-deadline",
    "doubling-pauses",
    "doubling-pauses/fail-fast",
    "doubling-pauses/limit-ten",
    "doubling-pauses/on-failure",
    "ignoring-restarts",
    "ignoring-restarts/limit-one",
    "ignoring-restarts/limit-one-never",
    "ignoring-restarts/never",
    "queue-processor",
    "dies-in-the-first-wave",
    "dies-in-the-first-wave/limit-above-parallelism",
    "dies-in-the-first-wave/limit-per-index",
    "dies-in-the-first-wave/retry-in-client",
    "wide-job",
    "wide-job/limit-per-index",
    "wide-job/limit-thirty",
    "head-of-line",
    "head-of-line/fail-index",
    "head-of-line/four-slots",
    "thundering-herd",
    "thundering-herd/client-backoff",
    "thundering-herd/row-lock",
    "thundering-herd/work-queue",
    "retry-storm",
    "retry-storm/with-jitter",
    "start-low-ramp-up",
    "start-low-ramp-up/adaptive",
    "start-low-ramp-up/all-at-once",
    "cron-at-midnight",
    "cron-at-midnight/init-sleep",
    "metastable",
    "metastable/suspend-resume",
    "metastable/with-limits",
    "straggler",
    "straggler/with-pod-deadline",
    "data-skew",
    "data-skew/largest-first",
    "data-skew/more-slots",
    "data-skew/split",
    "rolling-deadline",
    "rolling-deadline/both",
    "rolling-deadline/job-deadline",
    "suspend-and-resume",
    "suspend-and-resume/smaller-pieces",
    "elastic",
    "elastic/completions-alone",
    "elastic/shrink",
];

impl Folder {
    /// The text below a heading of level 2 of its page; empty when it has none.
    pub(super) fn section(&self, heading: &str) -> &'static str {
        let start = format!("\n## {heading}\n");
        let Some(at) = self.readme.find(&start) else { return "" };
        let text = &self.readme[at + start.len()..];
        text.split("\n## ").next().unwrap_or("").trim()
    }

    /// Its files, by name.
    pub(super) fn files(&self) -> [(&'static str, &'static str); 3] {
        [("job.yaml", self.job), ("simulation.yaml", self.simulation), ("README.md", self.readme)]
    }

    /// The last part of its path.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

/// One scenario of the course.
pub(super) struct Lesson {
    /// The part of the course that it belongs to.
    pub(super) part: &'static str,
    pub(super) folder: &'static Folder,
}

/// All lessons, in the order of the course.
pub(super) fn lessons() -> Vec<Lesson> {
    let mut lessons = Vec::new();
    let mut part = "";
    for line in COURSE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            part = heading;
        }
        let links = line.split("](").skip(1).filter_map(|rest| rest.split_once("/)")).map(|(path, _)| path);
        for path in links {
            lessons.extend(folder(path).map(|folder| Lesson { part, folder }));
        }
    }
    lessons
}

/// A folder by its path below `scenarios/`.
pub(super) fn folder(path: &str) -> Option<&'static Folder> {
    FOLDERS.iter().find(|folder| folder.path == path)
}

/// Those below it, one more thing different in each.
pub(super) fn variants(of: &Folder) -> Vec<&'static Folder> {
    let above = format!("{}/", of.path);
    FOLDERS.iter().filter(|folder| folder.path.starts_with(&above)).collect()
}

/// Every path.
pub(super) fn paths() -> Vec<&'static str> {
    FOLDERS.iter().map(|folder| folder.path).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn below(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.join("job.yaml").is_file() {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
            if path.is_dir() {
                below(&path, root, found);
            }
        }
    }

    #[test]
    fn the_program_the_folder_and_the_course_have_the_same_scenarios() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut there = Vec::new();
        below(&root, &root, &mut there);
        there.sort();
        let mut known = paths();
        known.sort_unstable();
        assert_eq!(known, there, "FOLDERS of src/cli/learn/gallery.rs and the folders of scenarios/");
        let mut taught: Vec<&str> = lessons().iter().map(|lesson| lesson.folder.path).collect();
        taught.sort_unstable();
        let tops: Vec<&str> = known.into_iter().filter(|path| !path.contains('/')).collect();
        assert_eq!(taught, tops, "scenarios/README.md names each lesson once");
    }

    #[test]
    fn every_page_asks_before_it_answers() {
        for folder in FOLDERS {
            let sections = ["Question", "Prediction", "Answer", "What to change"];
            let at = sections.map(|name| folder.readme.find(&format!("\n## {name}\n")));
            let missing: Vec<&str> =
                sections.iter().zip(at).filter(|(_, at)| at.is_none()).map(|(name, _)| *name).collect();
            assert!(missing.is_empty(), "{}: no section {missing:?}", folder.path);
            assert!(at.is_sorted(), "{}: {sections:?} in this order", folder.path);
            assert!(folder.readme.starts_with(&format!("# {}\n", folder.path)), "{}", folder.path);
            for (name, text) in sections.map(|name| (name, folder.section(name))) {
                assert!(text.len() > 20, "{}: {name} is empty", folder.path);
            }
            let question = folder.section("Question");
            assert!(question.contains('?'), "{}: a question has a question mark", folder.path);
        }
    }
}
