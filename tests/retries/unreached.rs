//! What never left is sent again, whatever it does: no connection came about, so nothing was done.

use std::io::{Read, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use serde_json::{Value, json};
use stoq_mcp::discovery::faults::{Fault, Promise, promise};
use stoq_mcp::registry::entry::Retry;

use super::support::{EVERYTHING, SandboxProcess, StdioProcess, program, side_by_side};
use super::{READ, S1, WRITES, ending, sandbox, seen};

/// The address of an API that nobody answers at yet.
struct Door {
    socket: tokio::net::TcpSocket,
    address: SocketAddr,
}

impl Door {
    fn shut() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        Self { socket, address }
    }

    /// Lets connections through to the sandbox from now on.
    fn open(self, sandbox: SocketAddr) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let listener = runtime.block_on(async { self.socket.listen(16).unwrap() });
        let listener: TcpListener = listener.into_std().unwrap();
        listener.set_nonblocking(false).unwrap();
        thread::spawn(move || {
            for near in listener.incoming() {
                let near = near.unwrap();
                let far = TcpStream::connect(sandbox).unwrap();
                let back = (far.try_clone().unwrap(), near.try_clone().unwrap());
                thread::spawn(move || carry(near, far));
                thread::spawn(move || carry(back.0, back.1));
            }
        });
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut part = [0; 16 << 10];
    while let Ok(1..) = from.read(&mut part).and_then(|read| {
        to.write_all(&part[..read])?;
        Ok(read)
    }) {}
    let _ = to.shutdown(Shutdown::Write);
}

/// A greeted server whose API is behind a door.
fn behind(door: &Door, sandbox: &SandboxProcess) -> StdioProcess {
    let base = format!("http://{}/api/v2/external", door.address);
    let mut command = program(&["serve", "--base-url", &base]);
    command
        .args(EVERYTHING)
        .args(["--log", "stoq_mcp=debug"])
        .env("STOQ_API_KEY", &sandbox.key)
        .env("STOQ_MCP_POINTS_LIMIT", "0");
    let mut server = StdioProcess::start(command);
    server.greet();
    server
}

/// Calls while the door is shut, and opens it once the first attempt has failed.
fn call(sandbox: &SandboxProcess, tool: &str, arguments: &Value) -> Value {
    let door = Door::shut();
    let mut server = behind(&door, sandbox);
    let id = server.post("tools/call", json!({"name": tool, "arguments": arguments}));
    server.logged(|line| line.contains("repeating") && line.contains("not_sent"));
    let host = sandbox.base_url.strip_prefix("http://").unwrap();
    let (host, _) = host.split_once('/').unwrap();
    door.open(host.parse().unwrap());
    server.answer(id)["result"].clone()
}

#[test]
fn what_was_not_sent_is_sent_again_whatever_it_does() {
    side_by_side(6, WRITES.to_vec(), sandbox, |sandbox, write| {
        sandbox.reset("fixture");
        let result = call(sandbox, write.tool, &write.arguments());
        let (status, text) = seen(&result);
        let met = Promise {
            sends: u64::try_from(write.sent(sandbox)).unwrap(),
            ending: ending(&status, &text),
            effects: write.happened(sandbox),
        };
        assert_eq!(
            met,
            promise(write.kind, Fault::NotSent),
            "{write:?} {result}"
        );
    });
}

#[test]
fn a_read_that_was_not_sent_is_sent_again() {
    let sandbox = sandbox();
    let result = call(&sandbox, READ, &json!({"id": S1}));
    let (status, text) = seen(&result);
    let path = format!("/back_in_stock/signups/{S1}");
    let met = Promise {
        sends: u64::try_from(sandbox.requests("GET", &path)).unwrap(),
        ending: ending(&status, &text),
        effects: 1,
    };
    assert_eq!(met, promise(Retry::Safe, Fault::NotSent), "{result}");
}

/// Three attempts, and no word of an outcome that is unknown.
#[test]
fn nobody_at_the_address_is_told_as_nothing_sent() {
    let sandbox = sandbox();
    let door = Door::shut();
    let mut server = behind(&door, &sandbox);
    for write in WRITES
        .iter()
        .filter(|write| write.kind == Retry::Once)
        .take(1)
    {
        let text = server.refusal(write.tool, write.arguments());
        assert!(
            text.contains("Nothing was sent. Check the network and the base URL"),
            "{text}"
        );
    }
    let (_, log) = server.end();
    let repeats = log.iter().filter(|line| line.contains("not_sent"));
    assert_eq!(repeats.count(), 2, "{log:?}");
}
