//! A connection to a database that is somebody else's: the same address, the same safe way, none of our settings.

use super::address::Address;
use super::error::{Error, Result};
use super::options::Options;
use super::tls;
use ::postgres::Client;

/// Connects to the Postgres of this URL, outside of any pool. Of the options only the timeouts count, and the statement's
/// own is for the caller to set.
///
/// # Errors
/// The URL cannot be read, or the server cannot be reached, does not let us in or shows a certificate that is not trusted.
pub fn connect(url: &str, options: &Options) -> Result<Client> {
    let address = Address::read(url, options)?;
    let connector = tls::connector(&address.server, address.roots.as_deref())?;
    address.config.connect(connector).map_err(|error| Error::connecting(&address.server, &error))
}
