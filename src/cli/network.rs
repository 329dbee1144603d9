//! How to connect: from the flags and the environment to `net::Options`.

#![expect(clippy::disallowed_methods, reason = "HTTPS_PROXY and NO_PROXY are read here; only cli reads them")]

use std::borrow::Cow;

use clap::Args;

use super::Context;
use super::args::Network;
use super::client_auth;
use super::error::CliError;
use super::source;
use crate::net::{Endpoint, NoProxy, Options, Proxy, Resolve, Scheme, Sni, StartTls};

/// Whether a person was told of the environment's proxy.
static SAID: std::sync::Once = std::sync::Once::new();

/// The flag of commands that talk to servers of other protocols than HTTP.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct Upgrade {
    /// Ask the server to go over to TLS in this protocol first: ldap, smtp, imap, postgres or mysql. The same as ldap://host,
    /// smtp://host and so on.
    #[arg(long, value_name = "PROTOCOL", value_parser = StartTls::ALL.map(StartTls::scheme), hide_possible_values = true)]
    starttls: Option<String>,
}

impl Upgrade {
    /// A SOURCE with the protocol written into it. What is a file stays as it is.
    pub(crate) fn source<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, CliError> {
        let Some(protocol) = &self.starttls else { return Ok(text.into()) };
        match text.split_once("://") {
            _ if source::is_file(text) => Ok(text.into()),
            None => Ok(format!("{protocol}://{text}").into()),
            Some(("tls", rest)) => Ok(format!("{protocol}://{rest}").into()),
            Some((scheme, _)) if scheme == protocol => Ok(text.into()),
            Some((scheme, _)) => {
                Err(CliError::usage(format!("--starttls {protocol} does not go with {scheme}://"))
                    .hint("write host:port, or the URL alone"))
            }
        }
    }
}

/// How to connect, whichever the server: the flags, read once.
#[derive(Debug)]
pub(crate) struct Connecting {
    options: Options,
    /// Whether `--proxy` said which proxy, or that there is none.
    is_proxy_given: bool,
}

/// How to connect to this server. Says so when the environment sends it through a proxy.
pub(crate) fn options(flags: &Network, endpoint: &Endpoint, context: &Context) -> Result<Options, CliError> {
    Connecting::read(flags, context)?.to(endpoint, context)
}

impl Connecting {
    /// Reads the flags, and the files they name.
    pub(crate) fn read(flags: &Network, context: &Context) -> Result<Self, CliError> {
        let resolve =
            |text: &String| Resolve::parse(text).map_err(|error| CliError::usage(error.to_string()));
        let resolve = flags.resolve.iter().map(resolve).collect::<Result<_, _>>()?;
        let sni = flags.server_name.as_ref().map_or_else(Sni::default, |name| Sni::Name(name.clone()));
        let limit = context.timeout;
        let mut options =
            Options { connect: limit, handshake: limit, total: limit, sni, resolve, ..Options::default() };
        options.proxy = match flags.proxy.as_deref() {
            None | Some("none") => None,
            Some(text) => Some(proxy("--proxy", text)?),
        };
        if options.proxy.as_ref().is_some_and(|proxy| proxy.credentials.is_some()) {
            context.ui.warn(
                "the proxy's password is on the command line, which everybody on this machine can read; set it in HTTPS_PROXY instead",
            );
        }
        options.client_auth = client_auth::read(flags)?;
        Ok(Self { options, is_proxy_given: flags.proxy.is_some() })
    }

    /// How to connect to this server. Says so when the environment sends it through a proxy.
    pub(crate) fn to(&self, endpoint: &Endpoint, context: &Context) -> Result<Options, CliError> {
        let mut options = self.options.clone();
        if !self.is_proxy_given {
            options.proxy = environment_proxy(endpoint, &options.resolve, context)?;
        }
        Ok(options)
    }
}

fn proxy(named_by: &str, text: &str) -> Result<Proxy, CliError> {
    Proxy::parse(text).map_err(|error| {
        CliError::usage(format!("{named_by}: {error}"))
            .hint("write http://host:port, or --proxy none to connect directly")
    })
}

/// The proxy that the environment names for this server. A server whose address is given with `--resolve` is reached
/// directly: a proxy would ask for the name itself.
fn environment_proxy(
    endpoint: &Endpoint,
    resolve: &[Resolve],
    context: &Context,
) -> Result<Option<Proxy>, CliError> {
    if resolve.iter().any(|given| given.host == endpoint.host && given.port == endpoint.port) {
        return Ok(None);
    }
    // HTTPS_PROXY is for https; directories and databases are behind a proxy only if everything is.
    let variables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let skipped = if matches!(endpoint.scheme, Scheme::StartTls(_)) { 2 } else { 0 };
    let Some((variable, text)) = first_set(variables.get(skipped..).unwrap_or_default()) else {
        return Ok(None);
    };
    let exemptions = first_set(&["no_proxy", "NO_PROXY"]).map(|(_, text)| NoProxy::parse(&text));
    let exemptions = exemptions.unwrap_or_default();
    let proxy = proxy(variable, &text)?;
    if exemptions.exempts(endpoint, &proxy) {
        return Ok(None);
    }
    let server = endpoint.authority();
    // Once, and not for each of ten thousand servers.
    SAID.call_once(|| {
        context.ui.note(&format!("note: asking {server} through the proxy {proxy}, as {variable} says"));
    });
    Ok(Some(proxy))
}

/// The first of these variables that is set and not empty. Lower case comes first, as in curl.
fn first_set(variables: &[&'static str]) -> Option<(&'static str, String)> {
    let set = |variable: &&'static str| Some((*variable, std::env::var(variable).ok()?));
    variables.iter().filter_map(set).find(|(_, text)| !text.trim().is_empty())
}
