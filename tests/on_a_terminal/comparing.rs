//! Pipes and sockets compared: the table, the proof of a cell, and the way back.

use crate::common::family;
use crate::program::{Program, lesson};

const FULL: &str = "all of it just seen";
/// Down to the row of what a vanished reader does, and right to the packet pipe.
const TO_GONE: &str = "jjjjjl";

#[test]
fn the_table_fills_a_cell_is_proved_and_the_end_leads_back() {
    let mut program = Program::open(&["compare"]);
    program.wait_for(FULL);
    program.send(TO_GONE);
    program.wait_for("packet pipe: What does a writer learn");
    program.send("\r");
    program.wait_for("step 5/6");
    let crowd = program.crowd();
    program.send(" ");
    program.wait_for("killed by SIGPIPE");
    program.send("q");
    program.wait_for(FULL);
    program.send("q");
    assert_eq!(program.exit_code(), 0);
    program.left_nothing(&crowd);
}

#[test]
fn a_lesson_opens_it_and_goes_on_afterwards() {
    let mut program = lesson("one-pipe");
    program.send("X");
    program.wait_for(FULL);
    program.send("\r");
    program.wait_for("One way, or both ways?");
    // From a proof there is only the way back.
    program.wait_for("step 4/5");
    program.send("X");
    program.wait_for("q leads back to the table");
    program.send("q");
    program.wait_for(FULL);
    program.send("q");
    program.wait_for("1 one-pipe");
    program.send(" ");
    program.wait_for("step 1/");
    program.quit();
}

#[test]
fn leaving_while_it_is_filled_leaves_nothing() {
    let mut program = Program::open(&["compare"]);
    program.wait_for("trying");
    program.send("R");
    program.wait_for("trying");
    let crowd = program.crowd();
    program.send("q");
    assert_eq!(program.exit_code(), 0);
    // Between two cells there is nobody.
    family::wait_for_the_end(&crowd);
    program.folder().wait_until_empty();
}
