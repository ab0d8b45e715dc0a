//! `peakend text train` and `peakend text adapt`: a sentiment model from labelled
//! texts, with its card.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use peakend_text::sentiment::Pieces;
use peakend_text::sentiment::corpus::{Corpus, Labels};
use peakend_text::sentiment::course::{Course, CourseError, Made, Progress, adapt, teach};

/// Make a sentiment model from labelled texts.
#[derive(Debug, clap::Args)]
pub(crate) struct Text {
    #[command(subcommand)]
    verb: TextVerb,
}

#[derive(Debug, clap::Subcommand)]
enum TextVerb {
    /// Train a model from texts whose licence allows it.
    Train(Train),
    /// Adapt the shipped model to 2,000 or more scored texts of your own.
    Adapt(Adapt),
}

#[derive(Debug, clap::Args)]
struct Train {
    /// Tables of label and text: CSV by the ending .csv, else tabs between.
    #[arg(long, required = true, num_args = 1..)]
    corpus: Vec<PathBuf>,
    /// Licence of every corpus without a file of its name and the ending .licence.
    #[arg(long)]
    licence: Option<String>,
    /// Texts that must not be trained on: a text a line, or label and text.
    #[arg(long, num_args = 1..)]
    never: Vec<PathBuf>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct Adapt {
    /// Tables of score (or label) and text: CSV by the ending .csv, else tabs between.
    #[arg(long, required = true, num_args = 1..)]
    texts: Vec<PathBuf>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct How {
    /// Folder for the model and its card.
    #[arg(long)]
    out: PathBuf,
    /// Language of the model; that of most texts when not said.
    #[arg(long, value_enum)]
    language: Option<Tongue>,
    /// Scores up to this one are negative, such as 6 of 10.
    #[arg(long, allow_hyphen_values = true)]
    negative_to: Option<f64>,
    /// Scores from this one are positive, such as 9 of 10.
    #[arg(long, allow_hyphen_values = true)]
    positive_from: Option<f64>,
    /// Share of texts held out to judge by.
    #[arg(long, default_value_t = 0.2)]
    holdout: f64,
    /// Passes over the texts.
    #[arg(long, default_value_t = 4)]
    passes: usize,
    /// Pull of the weights to where they began.
    #[arg(long, default_value_t = 1e-3)]
    shrink: f32,
    /// Decides what is held out and in which order texts are read.
    #[arg(long, default_value_t = 20_261_122)]
    seed: u64,
    /// Print the card as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Tongue {
    Zh,
    En,
}

impl Text {
    /// Exit status 0 only when a model was written; a refusal says what is there
    /// and what is needed.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let (made, how) = match self.verb {
            TextVerb::Train(train) => {
                let read = |path: &PathBuf| corpus(path, train.licence.as_deref());
                let corpora = train.corpus.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
                let never = train.never.iter().map(|path| table(path)).collect::<anyhow::Result<Vec<_>>>()?;
                let never: Vec<&str> = never.iter().flatten().map(|(_, text)| text.as_str()).collect();
                (teach(&corpora, train.how.course(&corpora), &never, &mut shown), train.how)
            }
            TextVerb::Adapt(adapted) => {
                let read = |path: &PathBuf| Ok(Corpus { name: name(path), licence: String::new(), rows: table(path)? });
                let corpora = adapted.texts.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
                (adapt(&corpora, adapted.how.course(&corpora), &mut shown), adapted.how)
            }
        };
        match made {
            Ok(made) => how.write(&made).map(|()| ExitCode::SUCCESS),
            Err(CourseError::TooFew(refusal)) if how.json => {
                super::say(&serde_json::to_string_pretty(&serde_json::json!({ "refused": refusal }))?);
                Ok(ExitCode::FAILURE)
            }
            Err(refused) => Err(refused.into()),
        }
    }
}

impl How {
    fn course(&self, corpora: &[Corpus]) -> Course {
        let pieces = match self.language {
            Some(Tongue::Zh) => Pieces::Letters,
            Some(Tongue::En) => Pieces::Words,
            None => most_spoken(corpora),
        };
        let labels = Labels { negative_to: self.negative_to, positive_from: self.positive_from };
        let Self { holdout, passes, shrink, seed, .. } = *self;
        Course { pieces, labels, holdout, passes, shrink, seed }
    }

    fn write(&self, made: &Made) -> anyhow::Result<()> {
        let card = &made.card;
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make folder `{}`", self.out.display()))?;
        let json = serde_json::to_string_pretty(card)?;
        let files = [
            (format!("sentiment-{}.bin", card.language), made.model.to_bytes()),
            ("card.json".to_owned(), json.clone().into_bytes()),
            ("card.md".to_owned(), format!("{card}\n").into_bytes()),
        ];
        for (file, bytes) in files {
            let path = self.out.join(file);
            std::fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        super::say(if self.json { json } else { card.to_string() }.trim_end());
        Ok(())
    }
}

fn shown(progress: Progress) {
    tracing::info!("pass {} of {}", progress.pass, progress.passes);
}

fn most_spoken(corpora: &[Corpus]) -> Pieces {
    let texts = || corpora.iter().flat_map(|c| &c.rows);
    let chinese = texts().filter(|(_, text)| peakend_text::identify(text).is_chinese()).count();
    if chinese * 2 >= texts().count() { Pieces::Letters } else { Pieces::Words }
}

fn corpus(path: &Path, licence: Option<&str>) -> anyhow::Result<Corpus> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".licence");
    let beside = PathBuf::from(beside);
    let written = if beside.exists() {
        let text = std::fs::read_to_string(&beside);
        let text = text.with_context(|| format!("cannot read licence `{}`", beside.display()))?;
        text.lines().next().map(|line| line.trim().to_owned())
    } else {
        licence.map(str::to_owned)
    };
    let Some(licence) = written else {
        bail!("`{}` has no licence: say --licence or write `{}`", path.display(), beside.display());
    };
    Ok(Corpus { name: name(path), licence, rows: table(path)? })
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Rows of label and text; a first row that says `label` or `score` is a header,
/// lines that begin with # are comments. A row of one column has no label.
fn table(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let quotes = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true).comment(Some(b'#')).quoting(quotes);
    let reader = reader.delimiter(if quotes { b',' } else { b'\t' });
    let mut reader = reader.from_path(path).with_context(|| format!("cannot read table `{}`", path.display()))?;
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.with_context(|| format!("`{}`, row {}", path.display(), at + 1))?;
        let label = record.get(0).unwrap_or_default();
        if at == 0 && matches!(label.to_lowercase().as_str(), "label" | "score") {
            continue;
        }
        rows.push(match record.get(1) {
            Some(text) => (label.to_owned(), text.to_owned()),
            None => (String::new(), label.to_owned()),
        });
    }
    Ok(rows)
}
