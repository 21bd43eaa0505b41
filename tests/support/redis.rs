//! A real redis-server on a free port, with a folder of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{PATIENCE, Process};

/// Its socket, below its folder.
const SOCKET: &str = "socket";

/// A Redis that is killed when the test ends.
pub struct RedisServer {
    process: Process,
    folder: PathBuf,
    port: u16,
    flags: Vec<String>,
}

impl RedisServer {
    /// One that writes each change to its disk before it answers.
    pub fn start() -> Self {
        Self::with(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    /// One with other settings.
    pub fn with(flags: &[&str]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stoq-mcp-redis-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        let port = port.unwrap().port();
        let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        let process = spawn(&folder, port, &flags);
        let server = Self {
            process,
            folder,
            port,
            flags,
        };
        server.wait();
        server
    }

    /// Whether this machine has the program.
    pub fn is_installed() -> bool {
        let asked = Command::new("redis-server").arg("--version").output();
        asked.is_ok_and(|told| told.status.success())
    }

    /// Its own folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its address as a socket of this machine.
    pub fn socket(&self) -> String {
        format!("unix://{}/{SOCKET}", self.folder.display())
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        self.process.child.kill().unwrap();
        self.process.child.wait().unwrap();
    }

    /// Starts it over what it has on its disk.
    pub fn restart(&mut self) {
        self.process = spawn(&self.folder, self.port, &self.flags);
        self.wait();
    }

    /// Takes away what it has on its disk.
    pub fn forget(&self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
        std::fs::create_dir_all(&self.folder).unwrap();
    }

    /// Lets it hang: it is there and does nothing.
    pub fn freeze(&self) {
        self.process.signal("STOP");
    }

    /// Ends that.
    pub fn thaw(&self) {
        self.process.signal("CONT");
    }

    /// Runs a command; its answer, the lines of it when there are many.
    pub fn run(&self, words: &[&str]) -> String {
        self.ask(words).unwrap()
    }

    fn ask(&self, words: &[&str]) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut message = format!("*{}\r\n", words.len());
        for word in words {
            message.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        stream.write_all(message.as_bytes())?;
        answer(&mut BufReader::new(stream))
    }

    fn wait(&self) {
        let deadline = Instant::now() + PATIENCE;
        // One that asks for a password is there as well.
        let is_there = |answer: &str| answer == "+PONG" || answer.starts_with("-NOAUTH");
        while !self.ask(&["PING"]).is_ok_and(|answer| is_there(&answer)) {
            assert!(Instant::now() < deadline, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.child.kill();
        let _ = self.process.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn spawn(folder: &Path, port: u16, flags: &[String]) -> Process {
    let spawned = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--save", "", "--port"])
        .arg(port.to_string())
        .arg("--dir")
        .arg(folder)
        .arg("--unixsocket")
        .arg(folder.join(SOCKET))
        .args(flags)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let child = spawned.unwrap_or_else(|error| {
        panic!(
            "redis-server cannot be started ({error}). These tests need one: install the package redis-server (apt-get install redis-server), or run the tests without --features redis-tests"
        )
    });
    Process { child }
}

fn answer(from: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let line = line.trim_end();
    let length = |text: &str| text.parse::<i64>().unwrap();
    match line.split_at_checked(1) {
        Some(("$", bytes)) if length(bytes) >= 0 => {
            let mut text = vec![0; usize::try_from(length(bytes)).unwrap() + 2];
            from.read_exact(&mut text)?;
            text.truncate(text.len() - 2);
            Ok(String::from_utf8_lossy(&text).into_owned())
        }
        Some(("$", _)) => Ok(String::new()),
        Some(("*", count)) => {
            let lines: std::io::Result<Vec<String>> =
                (0..length(count)).map(|_| answer(from)).collect();
            Ok(lines?.join("\n"))
        }
        _ => Ok(line.to_owned()),
    }
}
