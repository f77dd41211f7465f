//! The tools of the program, run as a person runs them, against the real server on a socket.

mod doctor;
mod jwt;
mod token;
mod world;
