//! Figures of the process itself, where the system tells them: Linux.

/// Bytes of memory that are in use; `None` when the system does not tell.
pub(super) fn memory() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kib.checked_mul(1024)
}

/// Files and connections that are open; `None` when the system does not tell.
pub(super) fn open_files() -> Option<i64> {
    // The one that reads the folder is open too, and is none of ours.
    let open = std::fs::read_dir("/proc/self/fd").ok()?.count();
    i64::try_from(open.saturating_sub(1)).ok()
}
