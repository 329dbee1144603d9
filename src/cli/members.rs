//! `--all-addresses`: each address of a server on its own, and whether they show the same.

use std::net::SocketAddr;

use clap::Args;

use super::assess::Assessment;
use super::error::CliError;
use crate::digest::Fingerprint;
use crate::finding::Member;
use crate::net::{Endpoint, NetError, Observation, Options, Resolve, addresses_of};

/// The flag of commands that can look at every address.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct Addresses {
    /// Look at each address of the server's name on its own, and tell whether they differ, as members of a load balancer do.
    #[arg(long)]
    all_addresses: bool,
}

/// One way to a server.
#[derive(Debug)]
pub(crate) struct Way {
    /// How to connect.
    pub(crate) options: Options,
    /// The address, where one is prescribed.
    pub(crate) address: Option<SocketAddr>,
}

impl Addresses {
    /// The ways to look at: one for each address, or the one that any client takes.
    pub(crate) fn ways(&self, endpoint: &Endpoint, options: Options) -> Result<Vec<Way>, CliError> {
        let any = |options| vec![Way { options, address: None }];
        if !self.all_addresses {
            return Ok(any(options));
        }
        let found = match addresses_of(endpoint, &options) {
            Ok(found) => found,
            Err(NetError::Unusable { what }) => {
                return Err(
                    CliError::usage(format!("--all-addresses: {what}")).hint("--proxy none goes directly")
                );
            }
            // What is wrong with the name is told where every other failure is.
            Err(_) => return Ok(any(options)),
        };
        let way = |address: SocketAddr| {
            let only = Resolve { host: endpoint.host.clone(), port: endpoint.port, address: address.ip() };
            Way { options: Options { resolve: vec![only], ..options.clone() }, address: Some(address) }
        };
        Ok(found.into_iter().map(way).collect())
    }
}

impl Way {
    /// The `--resolve` that leads there, or those given.
    pub(crate) fn resolve(&self, endpoint: &Endpoint, given: &[String]) -> Vec<String> {
        match self.address {
            Some(address) => vec![format!("{}:{}", endpoint.authority(), address.ip())],
            None => given.to_vec(),
        }
    }
}

/// Tells each assessment what the other addresses showed.
pub(crate) fn compare(ways: &[Way], seen: &mut [Assessment]) {
    let member = |(way, seen): (&Way, &Assessment)| {
        let why = seen.evidence.failure.as_ref().map_or("no chain", |failure| failure.code);
        let chain = seen.observation.as_ref().map(fingerprints).ok_or_else(|| why.to_owned());
        Some(Member { address: way.address?.to_string(), chain, is_this: false })
    };
    let members: Vec<Member> = ways.iter().zip(&*seen).filter_map(member).collect();
    if members.len() < 2 {
        return;
    }
    for (index, seen) in seen.iter_mut().enumerate() {
        let mark = |(at, member): (usize, &Member)| Member { is_this: at == index, ..member.clone() };
        seen.evidence.members = members.iter().enumerate().map(mark).collect();
    }
}

/// For each observation the addresses that showed another chain.
pub(crate) fn strangers(ways: &[Way], seen: &[Result<Observation, NetError>]) -> Vec<Vec<SocketAddr>> {
    let chains: Vec<_> = seen.iter().map(|seen| seen.as_ref().ok().map(fingerprints)).collect();
    let others = |own: &Option<Vec<Fingerprint>>| {
        let differs = |(way, chain): (&Way, &Option<_>)| way.address.filter(|_| chain != own);
        ways.iter().zip(&chains).filter_map(differs).collect()
    };
    chains.iter().map(others).collect()
}

fn fingerprints(observation: &Observation) -> Vec<Fingerprint> {
    observation.chain.iter().map(|presented| Fingerprint::of(&presented.der)).collect()
}
