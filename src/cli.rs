//! What the commands do: settings, database, and then the part that was asked for.

mod arguments;
mod backups;
mod receipts;

use std::net::TcpListener;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use portal::content::claims::command_line::{self, FileImport};
use portal::demo;
use portal::platform::app::App;
use portal::platform::audit::{self, Verdict};
use portal::platform::backups::restore;
use portal::platform::clock::Clock;
use portal::platform::config::{self, Config};
use portal::platform::db::private_cluster::{Options, PrivateCluster};
use portal::platform::db::{self, Db};
use portal::platform::{development, jobs, telemetry, web};
use portal::preferences::mail_reports;
use portal::{retention, staff};
use secrecy::ExposeSecret as _;

use arguments::{
    Arguments, AuditCommand, Command, ContentCommand, MailCommand, RetentionCommand, StaffCommand,
};

/// Runs the command that was given; without one a development build serves the demo.
pub fn run() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // A development build that is simply run shows the demo.
    let demo = arguments.demo || arguments.command.is_none();
    let command = match arguments.command {
        Some(command) => command,
        None if cfg!(debug_assertions) => Command::Serve { bind: None, no_worker: false },
        None => anyhow::bail!("which command? See `portal --help`."),
    };
    if let Command::Receipt(command) = &command
        && let Some(done) = command.run_alone()
    {
        return done;
    }
    let variables = config::environment()?;
    let bind = match &command {
        Command::Serve { bind, .. } => *bind,
        _ => None,
    };
    let config = Config::read(&variables, demo, bind)?;
    telemetry::start_logging(&config);
    if let Command::Receipt(command) = &command {
        return command.run(&config.receipt_keyring()?.public());
    }
    if matches!(command, Command::Config) {
        for (name, value) in config.rows(&variables) {
            println!("{name:<26} {value}");
        }
        return Ok(());
    }
    actix_web::rt::System::with_tokio_rt(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
    })
    .block_on(with_database(config, command))
}

async fn with_database(config: Config, command: Command) -> anyhow::Result<()> {
    // Kept until the end: the last process to leave stops the private cluster.
    let mut cluster = None;
    let url = match &config.database_url {
        Some(url) => url.expose_secret().to_owned(),
        None => {
            let options = Options { root: config.var_dir.join("pg"), durable: true };
            let started = tokio::task::spawn_blocking(move || -> anyhow::Result<PrivateCluster> {
                let cluster = PrivateCluster::start(&options)?;
                cluster.create_database_if_missing("portal")?;
                Ok(cluster)
            })
            .await??;
            let url = started.url("portal");
            cluster = Some(started);
            url
        }
    };
    let result = with_app(config, command, &url).await;
    drop(cluster);
    result
}

async fn with_app(config: Config, command: Command, url: &str) -> anyhow::Result<()> {
    if let Command::Backup(command) = &command {
        command.before_migrations(&config, url).await?;
    }
    db::migrate(url).await?;
    if matches!(command, Command::Migrate) {
        println!("The database is up to date.");
        return Ok(());
    }
    let pool = Db::open(url, config.database_pool, tokio::runtime::Handle::current())?;
    let pool = pool.waiting_at_most(config.database_wait);
    let app = App::new(config, Clock::default(), pool)?;
    if app.config.development {
        development::clock::resume(&app).await?;
        development::clock::follow(&app);
    }
    if !may_come_before_replay(&command) {
        restore::ensure_servable(&app.db.client().await?).await?;
    }
    carry_out(app, command).await
}

/// What a command does once everything that it works with is there.
async fn carry_out(app: App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve { no_worker, .. } => serve(app, !no_worker).await,
        Command::Work => work(app).await,
        Command::Staff(StaffCommand::Add { email, role }) => {
            staff::invitations::invite_from_command_line(&app, &email, role).await?;
            println!("An invitation for {email} is on its way. `portal work` or `portal serve` delivers it.");
            Ok(())
        }
        Command::Staff(StaffCommand::List) => {
            for line in staff::invitations::list_for_command_line(&app).await? {
                println!("{line}");
            }
            Ok(())
        }
        Command::Content(ContentCommand::Import { file, account, mode, format }) => {
            import(&app, &FileImport { file, account, mode, format }).await
        }
        Command::Content(ContentCommand::Export { account, format }) => {
            command_line::export_account(&app, account, format).await
        }
        Command::Audit(AuditCommand::Verify) => verify(&app).await,
        Command::Mail(MailCommand::Report) => report(&app).await,
        Command::Retention(RetentionCommand::Plan { at }) => {
            print!("{}", retention::command_line::plan(&app, at).await?);
            Ok(())
        }
        Command::Retention(RetentionCommand::Run) => {
            print!("{}", retention::command_line::run(&app).await?);
            Ok(())
        }
        Command::Backup(command) => command.run(&app).await,
        Command::Migrate | Command::Config | Command::Receipt(_) => Ok(()),
    }
}

/// Whether a command may run on a restored database in which what was erased since is still to be erased again: only what
/// looks at it. Those for backups see for themselves.
fn may_come_before_replay(command: &Command) -> bool {
    matches!(
        command,
        Command::Migrate
            | Command::Config
            | Command::Receipt(_)
            | Command::Backup(_)
            | Command::Audit(_)
            | Command::Staff(StaffCommand::List)
            | Command::Retention(RetentionCommand::Plan { .. })
    )
}

async fn serve(app: App, with_worker: bool) -> anyhow::Result<()> {
    let listener = TcpListener::bind(app.config.bind)
        .with_context(|| format!("cannot listen on {}", app.config.bind))?;
    if let Some(bind) = app.config.metrics_bind {
        telemetry::start_metrics(bind)?;
    }
    if app.config.demo {
        demo::populate(&app).await?;
        demo::print(&app);
    }
    println!("The portal is at {}", app.config.base_url);
    let server = web::server::serve(&app, listener)?;
    let handle = server.handle();
    let (stop_worker, worker_stops) = tokio::sync::oneshot::channel::<()>();
    let worker_app = app.clone();
    let worker = with_worker.then(|| {
        tokio::spawn(async move {
            jobs::run(&worker_app, async {
                let _ = worker_stops.await;
            })
            .await
        })
    });
    tokio::spawn(async move {
        asked_to_stop().await;
        tracing::info!("stopping: requests and jobs under way may finish");
        handle.stop(true).await;
    });
    server.run().await?;
    let _ = stop_worker.send(());
    if let Some(worker) = worker {
        tokio::time::timeout(Duration::from_secs(25), worker)
            .await
            .context("jobs did not finish in time; they will be run again")???;
    }
    Ok(())
}

async fn work(app: App) -> anyhow::Result<()> {
    // On one machine the web process may have the address already; work is more than its figures.
    if let Some(Err(error)) = app.config.metrics_bind.map(telemetry::start_metrics) {
        tracing::warn!(
            error = format!("{error:#}"),
            "no figures of this process: give it a PORTAL_METRICS_BIND of its own"
        );
    }
    println!("Working on jobs.");
    jobs::run(&app, asked_to_stop()).await
}

async fn import(app: &App, wanted: &FileImport) -> anyhow::Result<()> {
    let summary = command_line::import_file(app, wanted).await?;
    for error in &summary.errors {
        eprintln!("line {}: {} {}", error.line, error.pointer, error.detail);
    }
    let (lines, imported, refused) = (summary.lines, summary.imported, summary.refused);
    println!("{imported} of {lines} claims were imported, {refused} were refused.");
    anyhow::ensure!(summary.outcome != "refused", "nothing was stored; mend the lines above, and try again");
    Ok(())
}

async fn report(app: &App) -> anyhow::Result<()> {
    // A report holds one mail of ours at most; what is longer is none.
    const LONGEST: u64 = 10 * 1024 * 1024;
    let mail = tokio::task::spawn_blocking(|| {
        let mut mail = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(std::io::stdin(), LONGEST), &mut mail)
            .map(|_| mail)
    })
    .await??;
    println!("{}", mail_reports::from_mail(app, &mail).await?);
    Ok(())
}

async fn verify(app: &App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    match audit::verify(&mut conn).await? {
        Verdict::Whole(count) => {
            println!("The audit log is whole: {count} events.");
            Ok(())
        }
        Verdict::Broken { seq, why } => anyhow::bail!("the audit log is broken at event {seq}: {why}"),
    }
}

/// Completes on SIGTERM or Ctrl-C.
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("a signal handler");
    let mut interrupt = signal(SignalKind::interrupt()).expect("a signal handler");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    const README: &str = include_str!("../README.md");

    /// Whether the table of commands has a line for one of this group with this name.
    fn is_told(group: &str, name: &str) -> bool {
        let begins = format!("| `portal {group}");
        let rows = README.lines().filter(|line| line.starts_with(&begins));
        rows.flat_map(|line| line.split(|c: char| !c.is_ascii_lowercase())).any(|word| word == name)
    }

    #[test]
    fn the_readme_tells_of_every_command() {
        for command in Arguments::command().get_subcommands() {
            let group = command.get_name();
            assert!(is_told(group, group), "the README lacks `portal {group}`");
            for inner in command.get_subcommands() {
                let name = inner.get_name();
                assert!(is_told(group, name), "the README lacks `portal {group} {name}`");
            }
        }
    }
}
