//! What the tests share: the real programs they are judged by. A program that is missing fails the test that needs it,
//! with the package to install; nothing is skipped.
#![allow(dead_code, reason = "each helper serves the tests that need it, whichever of them are built")]

pub(crate) mod fleet;
pub(crate) mod java;
pub(crate) mod jre;
pub(crate) mod jvm;
pub(crate) mod openssl;
pub(crate) mod port;
pub(crate) mod program;
pub(crate) mod run;
pub(crate) mod scratch;
pub(crate) mod servers;
pub(crate) mod strace;
pub(crate) mod tls_clients;
pub(crate) mod tomcat;
