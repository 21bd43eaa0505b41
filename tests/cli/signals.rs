//! What goes on until it is stopped can be stopped as soon as it has said that it is there.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::{Process, program};

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
            for (command, on_error) in [(program(&sandbox), false), (program(&server), true)] {
                let mut process = said(command, on_error);
                process.signal(signal);
                assert_eq!(process.ended(), 0, "on_error: {on_error}, {signal}");
            }
        }
    }
}
