//! The terminal UI. It is synchronous: messages change a model (`update`), screens draw the model
//! (`screens`), and one loop connects both with the terminal and the session's thread. It never
//! draws while a round runs, unless a processor is spare.

pub mod event_loop;
pub mod export;
mod figures;
pub mod host;
pub mod keys;
pub mod link;
pub mod model;
mod newest;
pub mod real_host;
pub mod replay;
pub mod screens;
pub mod shelf;
pub mod tab;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod widgets;
pub mod wizard;
