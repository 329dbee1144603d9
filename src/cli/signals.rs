//! Signals that would end the program in the middle of a write, without a word.

/// A file that grows past the limit of this process (`ulimit -f`) is then an error of that one write, as a full disk is,
/// instead of the end of the process.
#[cfg(unix)]
pub(crate) fn survive_file_limit() {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    // Whether it came is told by the write itself. Without a handler the program ends as any other would.
    let signal = rustix::process::Signal::XFSZ.as_raw();
    let _ = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
}

#[cfg(not(unix))]
pub(crate) fn survive_file_limit() {}
