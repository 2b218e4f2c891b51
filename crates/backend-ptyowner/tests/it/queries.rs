//! The child's questions to its terminal: answered once, by whoever is its terminal.

use abide_core::backend::{AttachMode, OutputEvent, TerminalBackend as _};

use crate::place::{DEADLINE, Place, read_text};

/// proves O13
#[tokio::test]
async fn with_nobody_attached_the_owner_answers_every_query() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-query", &[]))
        .await
        .unwrap();
    let mut attachment = place.attach("a", AttachMode::View).await;
    let seen = read_text(&mut attachment, "query done").await;
    assert!(!seen.contains(" none"), "a query was not answered:\n{seen}");
    // ESC [ row ; column R
    assert!(seen.contains("cpr 1b5b"), "{seen}");
    drop(attachment);
    place.clear("a").await;
}

/// proves O13
#[tokio::test]
async fn with_a_controller_attached_only_its_terminal_answers() {
    let place = Place::new();
    let script = format!(
        "read go; exec {} cpr",
        abide_testkit::programs::path("testkit-query").display()
    );
    place
        .backend
        .ensure(&place.script("a", &script))
        .await
        .unwrap();
    let mut attachment = place.attach("a", AttachMode::Control).await;
    attachment.input.write("go\n".into()).await.unwrap();
    let mut seen = String::new();
    let watch = async {
        loop {
            if let Some(OutputEvent::Output { data, .. }) = attachment.output.next().await.unwrap()
            {
                seen.push_str(&String::from_utf8_lossy(&data));
                if seen.contains("\x1b[6n") && !seen.contains("answered") {
                    // This terminal's cursor is where no owner would put it.
                    attachment.input.write("\x1b[77;88R".into()).await.unwrap();
                    seen.push_str("answered");
                }
                if seen.contains("query done") {
                    break;
                }
            }
        }
    };
    tokio::time::timeout(DEADLINE, watch)
        .await
        .expect("the query is answered");
    // 1b 5b "77;88R", and nothing behind it.
    assert!(seen.contains("cpr 1b5b37373b383852\r\n"), "{seen}");
    drop(attachment);
    place.clear("a").await;
}
