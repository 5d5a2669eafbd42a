//! TLS: an authority of one's own is trusted when it is named, and only then.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use toban_agent::sending::{Authorities, Destination, Token, Verdict};

use crate::delivery::flush;
use crate::directory::Directory;
use crate::service::{Answer, Service};

fn destination(service: &Service, authorities: &Authorities) -> Destination {
    let url = format!("https://localhost:{}", service.port());
    Destination::new(&url, Token::Text("t".into()), "web-1", authorities)
}

#[test]
fn only_a_named_authority_is_trusted() {
    let authority = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(
        authority.signing_key.serialize_der(),
    ));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![authority.cert.der().clone()], key)
        .unwrap();
    let service = Service::start_with(
        vec![Answer::status(204)],
        Answer::status(404),
        Some(Arc::new(config)),
    );

    let directory = Directory::new();
    let own = directory.file("ca.pem", &authority.cert.pem());
    let own = Authorities::of_file(&own).unwrap();
    assert_eq!(destination(&service, &own).post(&flush(1)), Verdict::Taken);

    let stranger = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let stranger = directory.file("stranger.pem", &stranger.cert.pem());
    let stranger = Authorities::of_file(&stranger).unwrap();
    for authorities in [Authorities::Mozilla, stranger] {
        let verdict = destination(&service, &authorities).post(&flush(2));
        assert!(matches!(verdict, Verdict::Again { .. }), "{verdict:?}");
    }
    assert_eq!(
        service.requests().len(),
        1,
        "nothing was said to a service that nobody vouches for"
    );
}

#[test]
fn a_file_without_a_certificate_is_refused() {
    let directory = Directory::new();
    for content in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
    ] {
        assert!(
            Authorities::of_file(&directory.file("ca.pem", content)).is_err(),
            "{content:?}"
        );
    }
}
