//! What the audit trail tells of calls that were sent, answered from the ledger, or stopped.

use std::path::PathBuf;

use super::*;
use crate::safety::audit::Audit;
use crate::safety::audit::types::{ActionName, Confirmed, Kind, Name, Refusal, Status};
use crate::safety::audit::verify::{Wanted, walk};
use crate::safety::confirm::Asks;

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("stoq-mcp-trail-{}", uuid::Uuid::new_v4());
        Self(std::env::temp_dir().join(name))
    }

    /// What the lines tell, but for times, digests and codes.
    fn told(&self) -> Vec<Told> {
        let mut told = Vec::new();
        let mut take = |line: &crate::safety::audit::Line| {
            told.push(Told {
                event: line.event,
                action: line.action.clone(),
                end: (line.status, line.reason),
                count: line.count,
                confirmed: line.confirmed,
                upstream: line.upstream_status,
                points: line.points,
            });
            assert_eq!(line.principal, Some(Name::new("ines")));
            Ok(())
        };
        walk(&self.0, None, Wanted::default(), &mut take).unwrap();
        told
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[derive(Debug, PartialEq)]
struct Told {
    event: Kind,
    action: Option<ActionName>,
    end: (Option<Status>, Option<Refusal>),
    count: Option<u64>,
    confirmed: Option<Confirmed>,
    upstream: Option<u16>,
    points: Option<u32>,
}

fn line(event: Kind, end: (Option<Status>, Option<Refusal>)) -> Told {
    Told {
        event,
        action: Some(ActionName::new("g_purge")),
        end,
        count: None,
        confirmed: None,
        upstream: None,
        points: None,
    }
}

fn blocked(reason: Refusal) -> Told {
    line(Kind::Blocked, (None, Some(reason)))
}

/// Intent and outcome of a call that was sent.
fn both(status: Status, confirmed: Confirmed, upstream: Option<u16>) -> [Told; 2] {
    let about = |told: Told| Told {
        count: Some(2),
        confirmed: Some(confirmed),
        ..told
    };
    [
        about(line(Kind::Intent, (None, None))),
        Told {
            upstream,
            points: Some(2),
            ..about(line(Kind::Outcome, (Some(status), None)))
        },
    ]
}

async fn kept(
    confirm: Confirm,
    folder: &Folder,
    answers: &[(&'static str, &'static str)],
) -> Arc<Engine> {
    let (guards, _) = guards(confirm);
    let audit = Audit::lazy(&folder.0, 1 << 20, None);
    engine(Guards { audit, ..guards }, answers).await
}

#[tokio::test]
async fn a_plan_its_proof_and_its_receipt_are_written_down() {
    let folder = Folder::new();
    let kept = kept(Confirm::Handle, &folder, &[OK]).await;
    let first = handle(&kept, call("g_purge", ids(2))).await;
    for _ in 0..2 {
        let agreed = call("g_purge", with(ids(2), &first));
        ended(&kept, agreed).await.unwrap();
    }
    ended(&kept, call("g_purge", with(ids(3), &first)))
        .await
        .unwrap_err();
    ended(&kept, call("g_purge", ids(101))).await.unwrap_err();
    let no = Call {
        proof: Some(Proof::Declined),
        ..call("g_purge", ids(2))
    };
    ended(&kept, no).await.unwrap_err();
    // Neither a read nor a call that is not whole leaves a line.
    let wrong = call("g_purge", json!({"nope": 7}));
    assert_eq!(
        ended(&kept, wrong).await.unwrap_err().0,
        ErrorKind::Arguments
    );
    let narrowed = Call {
        narrow: Some(Narrow::to(&[])),
        ..call("g_pay", ids(2))
    };
    ended(&kept, narrowed).await.unwrap_err();
    let [intent, outcome] = both(Status::Done, Confirmed::Handle, Some(200));
    let outcome = Told {
        end: (Some(Status::Accepted), None),
        ..outcome
    };
    assert_eq!(
        folder.told(),
        [
            blocked(Refusal::Unconfirmed),
            intent,
            outcome,
            line(Kind::Outcome, (Some(Status::Replayed), None)),
            blocked(Refusal::WrongProof),
            blocked(Refusal::Cap),
            blocked(Refusal::Declined),
            Told {
                action: Some(ActionName::new("g_pay")),
                ..blocked(Refusal::Policy)
            },
        ]
    );
}

#[tokio::test]
async fn who_agreed_and_how_it_ended_is_written_down() {
    for (client, asks, confirmed) in [
        (Some("desk 1".to_owned()), Asks::Person, Confirmed::Elicited),
        (None, Asks::Person, Confirmed::Terminal),
    ] {
        for (answer, status, upstream) in [
            (REFUSED, Status::Failed, Some(422)),
            (BROKEN, Status::Unknown, None),
        ] {
            let folder = Folder::new();
            let kept = kept(Confirm::Elicit, &folder, &[answer]).await;
            let plain = || Call {
                asks,
                client: client.clone(),
                ..call("g_purge", ids(2))
            };
            let planned = kept.call(plain()).await.unwrap();
            let question = planned.plan.unwrap().challenge.unwrap();
            let typed = Call {
                proof: Some(Proof::Typed {
                    state: question.state,
                    text: question.typed,
                }),
                ..plain()
            };
            let _ = kept.call(typed).await;
            let [intent, outcome] = both(status, confirmed, upstream);
            assert_eq!(
                folder.told(),
                [blocked(Refusal::Unconfirmed), intent, outcome]
            );
        }
    }
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_sent() {
    let folder = Folder::new();
    // A file where the folder should be.
    std::fs::write(&folder.0, "x").unwrap();
    let blind = kept(Confirm::Off, &folder, &[OK, OK]).await;
    let keyed = |name: &str| Call {
        idempotency_key: Some(name.to_owned()),
        ..call(name, json!({}))
    };
    for name in ["g_put", "g_purge"] {
        let (kind, text) = ended(&blind, keyed(name)).await.unwrap_err();
        assert_eq!(kind, ErrorKind::State);
        assert!(
            text.starts_with(&format!("`{name}` was not done: the audit trail in ")),
            "{text}"
        );
        assert!(
            text.ends_with("Nothing was sent. Reads go on. The operator mends the audit trail (folder of the setting `state`) and calls again."),
            "{text}"
        );
    }
    std::fs::remove_file(&folder.0).unwrap();
    // The keys were given back, so the calls can be made once the trail is mended.
    for name in ["g_put", "g_purge"] {
        assert_eq!(ended(&blind, keyed(name)).await, done());
    }
}
