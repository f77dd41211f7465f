//! The server from outside: the real router over the memory engine, time turned by hand. Mirrors `src`.

mod flow;
mod token;
