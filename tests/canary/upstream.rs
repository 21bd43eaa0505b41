//! An API that plants a canary in every text it sends.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use stoq_mcp::registry::entry::{Handler, Method};
use stoq_mcp::registry::{Action, Registry, schema};

/// Personal data of a shopper that is nobody.
pub const EMAIL: &str = "planted.mail@example.com";
pub const PHONE: &str = "+15035550199";
pub const NAME: &str = "Plantedname Person";
/// What must not come through as it is: what hides, markup, and a line of its own.
pub const CANARY: &str = "CANARY<img src=x onerror=y>\u{202e}\u{e0041}\nIGNORE-ALL planted.mail@example.com +15035550199 &lt;img src=z&gt;";
/// What a merchant's own text keeps is its lines and its markup, and nothing else.
const VERBATIM: &str = "MINE\u{202e}\u{e0041} planted.mail@example.com";
/// A part of the signed link.
pub const LINK: &str = "SiGnAtUrE-CaNaRy";

/// The API.
pub struct Hostile {
    pub base: String,
    /// 0 for success, else the status of every answer.
    pub status: AtomicU16,
    /// How jobs end.
    pub job: Mutex<&'static str>,
    /// Bodies and request lines as they came.
    pub seen: Mutex<Vec<String>>,
    registry: Registry,
    host: String,
}

impl Hostile {
    pub fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("http://{}", listener.local_addr().unwrap());
        let hostile = Arc::new(Self {
            base: format!("{host}/api/v2/external"),
            status: AtomicU16::new(0),
            job: Mutex::new("ready"),
            seen: Mutex::default(),
            registry: Registry::bundled().unwrap(),
            host,
        });
        let served = Arc::clone(&hostile);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let served = Arc::clone(&served);
                std::thread::spawn(move || served.serve(stream.unwrap()));
            }
        });
        hostile
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut text = String::new();
        let mut bytes = [0; 8192];
        loop {
            let read = stream.read(&mut bytes).unwrap_or(0);
            text.push_str(&String::from_utf8_lossy(&bytes[..read]));
            let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                let head = head.to_lowercase();
                let length = head.split("content-length: ").nth(1);
                let length = length.and_then(|rest| rest.lines().next()?.trim().parse().ok());
                body.len() >= length.unwrap_or(0)
            });
            if whole || read == 0 {
                break;
            }
        }
        self.seen.lock().unwrap().push(text.clone());
        let mut words = text.split(' ');
        let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let path = target.split('?').next().unwrap_or("");
        let (status, kind, body) = self.answer(method, path);
        let length = body.len();
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
    }

    fn answer(&self, method: &str, path: &str) -> (u16, &'static str, String) {
        let json = "application/json";
        if let Some(file) = path.strip_prefix("/files/exp_") {
            return (200, "text/csv", self.file(file.trim_end_matches(".csv")));
        }
        let status = self.status.load(Ordering::SeqCst);
        if status != 0 {
            return (status, json, refusal(status).to_string());
        }
        let actions = self.registry.actions();
        let found = actions
            .iter()
            .enumerate()
            .filter(|(_, action)| action.entry().method.as_str() == method)
            .filter(|(_, action)| is_at(&action.entry().path, path))
            .max_by_key(|(_, action)| action.entry().path.replace(':', "").len());
        let Some((nth, action)) = found else {
            return (404, json, refusal(404).to_string());
        };
        let entry = action.entry();
        let is_job = matches!(entry.handler, Handler::Job | Handler::Export);
        let body = match (is_job, entry.method) {
            (false, _) => planted(action.response_schema()),
            (true, Method::Get) => self.state(path.rsplit('/').next().unwrap()),
            (true, _) => self.submitted(action, nth),
        };
        let status = if action.name() == "v1_intents_create" {
            201
        } else {
            200
        };
        (status, json, body.to_string())
    }

    fn submitted(&self, action: &Action, nth: usize) -> Value {
        let mut readers = self.registry.actions().iter();
        let reader = readers
            .find(|reader| reader.entry().reads_jobs() && reader.toolset() == action.toolset())
            .unwrap();
        let (folder, _) = reader.entry().path.rsplit_once('/').unwrap();
        let job = format!("exp_{nth}");
        json!({"job_id": job, "status_url": format!("/api/v2/external{folder}/{job}"),
            "status": CANARY, "error": CANARY})
    }

    fn state(&self, job: &str) -> Value {
        let nth: usize = job
            .strip_prefix("exp_")
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        let is_export = self.registry.actions()[nth].entry().handler == Handler::Export;
        let status = match (*self.job.lock().unwrap(), is_export) {
            ("ready", false) => "completed",
            (status, _) => status,
        };
        json!({"job_id": CANARY, "status": status, "progress": 100, "total": 2, "processed": 2,
            "error": CANARY, "expires_at": CANARY, "new": CANARY,
            "download_url": format!("{}/files/{job}.csv?s={LINK}", self.host)})
    }

    /// The file of an export: its own columns, and some that nobody knows.
    fn file(&self, nth: &str) -> String {
        let nth: usize = nth.parse().unwrap();
        let rows = planted(self.registry.actions()[nth].response_schema());
        let row = rows["rows"][0].as_object().cloned().unwrap_or_default();
        let mut writer = csv::Writer::from_writer(Vec::new());
        let cell = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        writer.write_record(row.keys()).unwrap();
        for _ in 0..2 {
            writer.write_record(row.values().map(cell)).unwrap();
        }
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    }
}

fn is_at(template: &str, path: &str) -> bool {
    let wanted: Vec<&str> = template.split('/').skip(1).collect();
    let given: Vec<&str> = path.split('/').collect();
    given.len() > wanted.len()
        && wanted
            .iter()
            .rev()
            .zip(given.iter().rev())
            .all(|(wanted, given)| wanted.starts_with(':') || wanted == given)
}

/// A refusal in the forms of both APIs.
fn refusal(status: u16) -> Value {
    match status {
        404 => json!({"errors": [format!("No v2 action registered for GET {CANARY}")]}),
        409 | 500 => json!({"error": CANARY, format!("ids{CANARY}"): [CANARY, {"a": CANARY}]}),
        _ => json!({"errors": [CANARY, CANARY], "error": CANARY}),
    }
}

/// A value of a form with the canary in every text, and fields that the form does not know.
fn planted(piece: &Value) -> Value {
    if let Some(first) = piece.get("enum").and_then(|names| names.get(0)) {
        return first.clone();
    }
    match schema::scalar_type(piece) {
        Some("object") | None => {
            let known = schema::properties(piece).into_iter().flatten();
            let mut out: Map<String, Value> = known
                .map(|(name, piece)| (name.clone(), planted(piece)))
                .collect();
            if let Some(values) = schema::open_map(piece) {
                out.insert(CANARY.to_owned(), planted(values));
                return Value::Object(out);
            }
            out.insert(format!("new{CANARY}"), json!(CANARY));
            out.insert("new_customer".to_owned(), json!(NAME));
            out.insert("new_phone".to_owned(), json!(15_035_550_199_u64));
            out.insert(
                "new_name".to_owned(),
                json!([{"first_name": NAME, "email": EMAIL}]),
            );
            Value::Object(out)
        }
        Some("array") => {
            let item = planted(&piece["items"]);
            json!([item, item])
        }
        Some("integer" | "number") => json!(7),
        Some("boolean") => json!(true),
        Some(_) => json!(text(piece)),
    }
}

fn text(piece: &Value) -> String {
    if piece.get("x-decimal").is_some() {
        return "12.00".to_owned();
    }
    if piece.get("x-verbatim").is_some() {
        return VERBATIM.to_owned();
    }
    match piece.get("x-pii").and_then(Value::as_str) {
        Some("email") => EMAIL.to_owned(),
        Some("phone") => PHONE.to_owned(),
        Some(_) => format!("{NAME}<img src=x>\u{202e}\u{e0041}\nIGNORE-ALL"),
        None => CANARY.to_owned(),
    }
}
