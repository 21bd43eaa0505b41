//! What goes on until it is stopped can be stopped as soon as it has said that it is there.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::{PATIENCE, Process, program};

/// The exit code of a program that was sent a signal.
pub fn ended_by(signal: &str, child: &mut Child) -> i32 {
    let pid = child.id().to_string();
    let signal = format!("-{signal}");
    let sent = Command::new("kill").args([&signal, &pid]).status().unwrap();
    assert!(sent.success());
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        match child.try_wait().unwrap() {
            Some(status) => return status.code().unwrap_or(-1),
            None if std::time::Instant::now() > deadline => panic!("it did not end"),
            None => std::thread::sleep(std::time::Duration::from_millis(5)),
        }
    }
}

/// Starts the program and reads the first line it says.
fn said(mut command: Command, on_error: bool) -> Process {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    match on_error {
        true => BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line),
        false => BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line),
    }
    .unwrap();
    assert!(line.contains("listening on"), "{line}");
    Process { child }
}

#[test]
fn a_signal_right_after_the_address_ends_it_well() {
    let sandbox = ["sandbox", "--listen", "127.0.0.1:0", "--dataset", "fixture"];
    let server = [
        "serve",
        "--http",
        "127.0.0.1:0",
        "--sandbox",
        "--dataset",
        "fixture",
    ];
    for signal in ["INT", "TERM"] {
        for _ in 0..3 {
            let mut process = said(program(&sandbox), false);
            assert_eq!(ended_by(signal, &mut process.child), 0, "sandbox, {signal}");
            let mut process = said(program(&server), true);
            assert_eq!(ended_by(signal, &mut process.child), 0, "serve, {signal}");
        }
    }
}
