//! Why a product, a process or a service does not lead to a store.

use std::path::PathBuf;

/// Why there is no answer to which store is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// No such process.
    #[error("there is no process {pid}")]
    NoProcess {
        /// Its number.
        pid: u32,
    },
    /// This user may not look at it.
    #[error("process {pid} belongs to another user, whose files in /proc this one may not read")]
    NotPermitted {
        /// Its number.
        pid: u32,
    },
    /// Not a JVM.
    #[error("process {pid} ({program}) is not a JVM")]
    NotJava {
        /// Its number.
        pid: u32,
        /// Its program.
        program: String,
    },
    /// A system without /proc.
    #[error("this system has no /proc, so a process cannot be looked at")]
    NoProc,
    /// No such service.
    #[error("there is no service {name}: no unit, no script in init.d, no pid file, no control group")]
    NoService {
        /// Its name.
        name: String,
    },
    /// A service whose store cannot be told.
    #[error("service {name} does not run, and its unit does not start a JVM by itself")]
    NotRunning {
        /// Its name.
        name: String,
    },
    /// A service of several JVMs that read different stores.
    #[error("the JVMs of service {name} do not read the same store: {}", list(pids))]
    Several {
        /// Its name.
        name: String,
        /// Their process numbers.
        pids: Vec<u32>,
    },
    /// No runtime where it should be.
    #[error("{}: there is no Java runtime in it", home.display())]
    NoRuntime {
        /// The folder.
        home: PathBuf,
    },
    /// The JVM reads no file.
    #[error("{what} is told to read no store file (-Djavax.net.ssl.trustStore=NONE)")]
    NoFile {
        /// The process or product.
        what: String,
    },
}

fn list(pids: &[u32]) -> String {
    pids.iter().map(|pid| format!("pid:{pid}")).collect::<Vec<_>>().join(", ")
}
