//! Names of the axes of a sweep where there is little room: as short as they can be and still differ.

/// What each path is called: its last name; where two have the same, with the Job before it; else without the first word;
/// else whole.
pub(super) fn short_names(paths: &[String]) -> Vec<String> {
    let forms: [fn(&str) -> String; 3] = [last, of_job, rest];
    let name = |path: &String| {
        let differs =
            |form: &&fn(&str) -> String| paths.iter().filter(|p| form(p) == form(path)).count() == 1;
        forms.iter().find(differs).map_or_else(|| path.clone(), |form| form(path))
    };
    paths.iter().map(name).collect()
}

/// `parallelism` of `spec.parallelism`.
fn last(path: &str) -> String {
    path.rsplit(['.', ':']).next().unwrap_or(path).to_string()
}

/// `reader:parallelism` of `reader:spec.parallelism`.
fn of_job(path: &str) -> String {
    match path.split_once(':') {
        Some((job, field)) => format!("{job}:{}", last(field)),
        None => last(path),
    }
}

/// `template.spec.x` of `spec.template.spec.x`.
fn rest(path: &str) -> String {
    path.split_once('.').map_or(path, |(_, rest)| rest).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_are_short() {
        let names = |paths: &[&str]| short_names(&paths.iter().map(|p| p.to_string()).collect::<Vec<_>>());
        let deadlines = ["spec.template.spec.activeDeadlineSeconds", "spec.activeDeadlineSeconds"];
        assert_eq!(names(&["spec.parallelism", deadlines[0]]), ["parallelism", "activeDeadlineSeconds"]);
        assert_eq!(names(&deadlines), ["template.spec.activeDeadlineSeconds", "activeDeadlineSeconds"]);
        assert_eq!(names(&["reader:parallelism"]), ["parallelism"]);
        assert_eq!(
            names(&["reader:spec.parallelism", "writer:parallelism"]),
            ["reader:parallelism", "writer:parallelism"]
        );
        let both = ["a:spec.template.spec.x", "a:spec.x"];
        assert_eq!(names(&both), ["template.spec.x", "x"]);
        let four = ["a:spec.template.spec.x", "a:spec.x", "b:spec.template.spec.x", "b:spec.x"];
        assert_eq!(names(&four), four, "nothing shorter tells them apart");
    }
}
