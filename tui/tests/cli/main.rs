//! The command line from the outside: what a person or a script sees of the real program.

mod ci_scripts;
mod comparisons;
mod composite;
mod doctor;
mod faults;
mod histories;
mod imports;
mod interruptions;
mod program;
mod recommendations;
mod refusals;
mod reports;
mod runs;
mod store;
mod sweeps;
mod traces;
mod two_programs;
