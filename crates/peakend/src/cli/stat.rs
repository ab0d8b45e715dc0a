//! `peakend stat METHOD DATA.csv`: a method over a table with named columns.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use peakend_stats::stat::{Measure, Options, Request, Role, method_list, stat};

/// A statistical method over a CSV table, with plain words.
#[derive(Debug, clap::Args)]
pub(crate) struct Stat {
    /// Name the methods with the columns each needs.
    #[arg(long)]
    list: bool,
    /// Method, as `--list` names it.
    #[arg(required_unless_present = "list")]
    method: Option<String>,
    /// Table with a header.
    #[arg(required_unless_present = "list")]
    data: Option<PathBuf>,
    #[command(flatten)]
    columns: Columns,
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How `compare` sums up the outcome.
    #[arg(long, value_enum, default_value = "mean")]
    measure: MeasureName,
    /// First period after the change, as it stands in the table.
    #[arg(long)]
    at: Option<String>,
    /// Points per cycle of a season, such as 12 for months.
    #[arg(long)]
    season: Option<usize>,
    /// First periods that set the limits of a chart.
    #[arg(long)]
    base: Option<usize>,
    /// Lowest and highest answer, such as 1,10.
    #[arg(long, value_name = "LOWEST,HIGHEST", value_parser = scale, allow_hyphen_values = true)]
    scale: Option<(f64, f64)>,
    /// Share of units meant to be treated.
    #[arg(long)]
    planned: Option<f64>,
    /// Time up to which survival is summed up.
    #[arg(long)]
    horizon: Option<f64>,
    /// JSON file of population totals by column and category.
    #[arg(long)]
    targets: Option<PathBuf>,
    /// Constructs and links: "Trust=q1,q2; Stay=q3,q4; Trust>Stay".
    #[arg(long)]
    model: Option<String>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Columns by role; `--list` says what each is to a method.
#[derive(Debug, clap::Args)]
struct Columns {
    /// Outcome.
    #[arg(long)]
    y: Option<String>,
    /// Drivers, regressors, covariates or margins, separated by commas.
    #[arg(long, value_delimiter = ',')]
    x: Vec<String>,
    /// What was sampled or assigned together.
    #[arg(long)]
    cluster: Option<String>,
    /// Who or what was observed.
    #[arg(long)]
    unit: Option<String>,
    /// When; in survival, how long.
    #[arg(long)]
    time: Option<String>,
    /// Who received the change.
    #[arg(long)]
    treated: Option<String>,
    /// Groups to show side by side.
    #[arg(long)]
    group: Option<String>,
    /// Sampling or base weight.
    #[arg(long)]
    weight: Option<String>,
    /// Whether the event happened at the end of the time.
    #[arg(long)]
    event: Option<String>,
    /// When observation began.
    #[arg(long)]
    entry: Option<String>,
    /// Answers behind a count.
    #[arg(long)]
    n: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum MeasureName {
    Mean,
    Nps,
    Share,
}

impl Stat {
    /// Exit status 0 only when there is a report; a refusal says what is there and
    /// what is needed.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let (Some(method), Some(data)) = (&self.method, &self.data) else {
            super::say(method_list().trim_end());
            return Ok(ExitCode::SUCCESS);
        };
        let csv = std::fs::read_to_string(data).with_context(|| format!("cannot read table `{}`", data.display()))?;
        let name = data.file_name().unwrap_or_default().to_string_lossy();
        let request = self.columns.named(Request::of(method)).options(self.options()?);
        match stat(&request, &name, &csv) {
            Ok(report) if self.json => super::say(&serde_json::to_string_pretty(&report)?),
            Ok(report) => super::say(report.to_string().trim_end()),
            Err(refusal) if self.json => {
                super::say(&serde_json::to_string_pretty(&refusal.to_json())?);
                return Ok(ExitCode::FAILURE);
            }
            Err(refusal) => return Err(refusal.into()),
        }
        Ok(ExitCode::SUCCESS)
    }

    fn options(&self) -> anyhow::Result<Options> {
        let targets = self.targets.as_ref().map(|path| {
            std::fs::read_to_string(path).with_context(|| format!("cannot read targets `{}`", path.display()))
        });
        Ok(Options {
            seed: self.seed,
            measure: match self.measure {
                MeasureName::Mean => Measure::Mean,
                MeasureName::Nps => Measure::Nps,
                MeasureName::Share => Measure::Share,
            },
            at: self.at.clone(),
            season: self.season,
            base: self.base,
            scale: self.scale,
            planned: self.planned,
            horizon: self.horizon,
            targets: targets.transpose()?,
            model: self.model.clone(),
        })
    }
}

impl Columns {
    fn named(&self, request: Request) -> Request {
        let single = [
            (Role::Y, &self.y),
            (Role::Cluster, &self.cluster),
            (Role::Unit, &self.unit),
            (Role::Time, &self.time),
            (Role::Treated, &self.treated),
            (Role::Group, &self.group),
            (Role::Weight, &self.weight),
            (Role::Event, &self.event),
            (Role::Entry, &self.entry),
            (Role::N, &self.n),
        ];
        let request = request.with(Role::X, self.x.iter().cloned());
        single.into_iter().fold(request, |request, (role, name)| request.with(role, name.clone()))
    }
}

/// `1,10`: the lowest and the highest answer.
fn scale(text: &str) -> Result<(f64, f64), String> {
    let (lo, hi) = text.split_once(',').ok_or("give the lowest and the highest answer, such as 1,10")?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|e| format!("`{text}`: {e}"));
    let (lo, hi) = (number(lo)?, number(hi)?);
    // NaN is no scale either
    if lo < hi { Ok((lo, hi)) } else { Err(format!("the lowest answer {lo} must be below the highest {hi}")) }
}
