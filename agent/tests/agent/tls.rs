//! TLS: an authority of one's own is trusted when it is named, and only then.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use toban_agent::sending::{Authorities, Destination, Verdict};
use toban_agent::token::Token;

use crate::delivery::flush;
use crate::directory::Directory;
use crate::service::{Answer, Service};

fn destination(service: &Service, authorities: &Authorities) -> Destination {
    let url = format!("https://localhost:{}", service.port());
    Destination::new(&url, Token::Text("t".into()), "web-1", authorities)
}

/// A service that shows this certificate.
fn service(certificate: &rcgen::CertifiedKey<rcgen::KeyPair>) -> Service {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(
        certificate.signing_key.serialize_der(),
    ));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    Service::start_with(
        vec![Answer::status(204)],
        Answer::status(404),
        Some(Arc::new(config)),
    )
}

fn trusting(
    directory: &Directory,
    certificate: &rcgen::CertifiedKey<rcgen::KeyPair>,
) -> Authorities {
    let file = directory.file("ca.pem", &certificate.cert.pem());
    Authorities::of_file(&file).unwrap()
}

#[test]
fn a_name_that_the_certificate_does_not_have_and_one_that_is_over_are_refused() {
    let directory = Directory::new();
    let other = rcgen::generate_simple_self_signed(vec!["other.example".to_owned()]).unwrap();
    let mut past = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    past.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let signing_key = rcgen::KeyPair::generate().unwrap();
    let cert = past.self_signed(&signing_key).unwrap();
    for certificate in [other, rcgen::CertifiedKey { cert, signing_key }] {
        let service = service(&certificate);
        let trusted = trusting(&directory, &certificate);
        let verdict = destination(&service, &trusted).post(&flush(1));
        assert!(matches!(verdict, Verdict::Again { .. }), "{verdict:?}");
        assert!(service.requests().is_empty(), "the token was not sent");
    }
}

#[test]
fn only_a_named_authority_is_trusted() {
    let authority = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let service = service(&authority);
    let directory = Directory::new();
    let own = trusting(&directory, &authority);
    assert_eq!(destination(&service, &own).post(&flush(1)), Verdict::Taken);

    let stranger = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let stranger = trusting(&directory, &stranger);
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
