//! Each call says on its own line which it is.

use std::io::Write;

fn main() {
    let (_reader, mut writer) = std::io::pipe().unwrap(); // here: pipe
    writer.write_all(b"x").unwrap(); // here: write
    drop(writer); // here: close
}
