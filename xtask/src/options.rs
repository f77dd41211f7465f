//! What the command line asks for.

use crate::stages;

/// The answer to `cargo xtask help`.
pub(crate) const HELP: &str = "\
cargo xtask test [--only STAGE[,STAGE]…] [--offline]
    Installs what the tests need where it can, and runs them all.
    Ends with a line `N passed, N failed, N skipped`; the logs are in target/xtask/.
    Exit code 1 when anything failed, and with CI=true also when anything was skipped.

    --only STAGE,…  runs these stages alone
    --offline       installs nothing: what is missing is skipped, and told
    --list          lists the stages

cargo xtask bench [--only PART]… [--seconds N] [--long]
    Builds for release and prints what everything costs, beside servers that do nothing else: tokens, answers,
    sqlite, postgres, api, start, memory, growth. Wants two cores that have nothing else to do, and Linux.

    --only PART     measures this part; may be given again
    --seconds N     how long each row is measured (5)
    --long          the growth up to ten million tokens

cargo xtask help
    Says this.
";

/// One thing that xtask does.
#[derive(Debug, PartialEq)]
pub(crate) enum Task {
    Help,
    List,
    Test(Options),
    Bench(Bench),
}

/// What `bench` is told: passed on to the program in `bench/`.
#[derive(Debug, PartialEq)]
pub(crate) struct Bench {
    pub(crate) arguments: Vec<String>,
}

impl Bench {
    /// Whether a part is to be measured.
    pub(crate) fn measures(&self, part: &str) -> bool {
        !self.arguments.iter().any(|a| a == "--only")
            || self.arguments.windows(2).any(|two| two[0] == "--only" && two[1] == part)
    }
}

/// How `test` runs.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    only: Vec<String>,
    pub(crate) installs: Installs,
    pub(crate) skips: Skips,
}

/// Whether missing tools may be brought in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Installs {
    Allowed,
    Offline,
}

/// What a skipped test means for the exit code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Skips {
    Tolerated,
    Failures,
}

impl Task {
    /// Reads the arguments after the program's name.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        match arguments.next().as_deref() {
            Some("test") => {}
            Some("bench") => {
                let arguments: Vec<String> = arguments.collect();
                let help = arguments.iter().any(|a| matches!(a.as_str(), "--help" | "-h"));
                return Ok(if help { Self::Help } else { Self::Bench(Bench { arguments }) });
            }
            Some("help" | "--help" | "-h") => return Ok(Self::Help),
            Some(other) => return Err(format!("there is no task `{other}`")),
            None => return Err("which task?".to_owned()),
        }
        let mut options =
            Options { only: Vec::new(), installs: Installs::Allowed, skips: Skips::of_environment() };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--help" | "-h" => return Ok(Self::Help),
                "--list" => return Ok(Self::List),
                "--offline" => options.installs = Installs::Offline,
                "--only" => {
                    let names = arguments.next().ok_or("--only wants the names of stages")?;
                    options.only.extend(names.split(',').map(stage_name).collect::<Result<Vec<_>, _>>()?);
                }
                other => return Err(format!("`test` has no flag `{other}`")),
            }
        }
        Ok(Self::Test(options))
    }
}

fn stage_name(name: &str) -> Result<String, String> {
    if stages::ALL.iter().any(|stage| stage.name == name) {
        return Ok(name.to_owned());
    }
    let known: Vec<&str> = stages::ALL.iter().map(|stage| stage.name).collect();
    Err(format!("there is no stage `{name}`, but {}", known.join(", ")))
}

impl Options {
    /// Whether a stage is to run.
    pub(crate) fn chooses(&self, stage: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == stage)
    }
}

impl Skips {
    fn of_environment() -> Self {
        match std::env::var("CI").as_deref() {
            Err(_) | Ok("" | "0" | "false") => Self::Tolerated,
            Ok(_) => Self::Failures,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Task, String> {
        Task::parse(line.split_whitespace().map(str::to_owned))
    }

    fn options(line: &str) -> Options {
        match parse(line) {
            Ok(Task::Test(options)) => options,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn without_only_every_stage_is_chosen() {
        assert!(options("test").chooses("fmt"));
        assert_eq!(options("test").installs, Installs::Allowed);
    }

    #[test]
    fn only_takes_several_names_several_times() {
        let options = options("test --only fmt,clippy --offline --only deny");
        let chosen: Vec<_> =
            stages::ALL.iter().map(|stage| stage.name).filter(|name| options.chooses(name)).collect();
        assert_eq!(chosen, ["fmt", "deny", "clippy"]);
        assert_eq!(options.installs, Installs::Offline);
    }

    #[test]
    fn what_is_unknown_is_refused_by_name() {
        assert!(parse("test --only nonsense").unwrap_err().contains("`nonsense`"));
        assert!(parse("test --fast").unwrap_err().contains("`--fast`"));
        assert!(parse("tests").unwrap_err().contains("`tests`"));
        assert!(parse("test --only").is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn bench_measures_everything_or_what_it_is_told() {
        let bench = |line: &str| match parse(line) {
            Ok(Task::Bench(bench)) => bench,
            other => panic!("{line}: {other:?}"),
        };
        assert!(bench("bench --seconds 1").measures("postgres"));
        assert!(bench("bench --only tokens --only postgres").measures("postgres"));
        assert!(!bench("bench --only tokens").measures("postgres"));
    }

    #[test]
    fn help_and_list_are_found() {
        assert_eq!(parse("help"), Ok(Task::Help));
        assert_eq!(parse("test --help"), Ok(Task::Help));
        assert_eq!(parse("test --list"), Ok(Task::List));
    }
}
