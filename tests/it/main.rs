//! The one integration test binary: one module per subject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::cast_possible_truncation)]

mod ansible;
mod ca;
mod ca_servers;
mod clients;
mod contrib;
mod findings;
mod fs;
mod generate;
mod generate_life;
mod handshakes;
mod java_options;
mod main_job;
mod monitoring;
mod net_cli;
mod net_http;
mod net_java;
mod net_legacy;
mod net_many;
mod net_observe;
mod net_starttls;
mod net_support;
mod paths;
mod programs;
mod promises;
mod scim_check;
mod scim_server;
mod store_commands;
mod store_crash;
mod store_damage;
mod store_files;
mod store_java;
mod store_memory;
mod store_mending;
mod store_model;
mod store_password;
mod store_pem;
mod store_programs;
mod store_protection;
mod store_support;
mod store_traps;
mod support;
mod sync;
mod tidy;
mod verdicts;
