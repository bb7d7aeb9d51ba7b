//! Record: asciicast and SVG, without a terminal.
