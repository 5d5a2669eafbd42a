//! The bodies of answers (OTLP specification, "OTLP/HTTP Response").

use serde_json::json;

use crate::{Encoding, Export};

/// A message of many reasons and examples is cut here; the ledger has them all.
const LONGEST_MESSAGE: usize = 4096;

impl Export {
    /// The `ExportMetricsServiceResponse` of an answer 200: empty where all was taken, else with
    /// `partial_success`. The client must not send again.
    #[must_use]
    pub fn response(&self, encoding: Encoding) -> Vec<u8> {
        if self.rejected.is_empty() {
            return match encoding {
                Encoding::Protobuf => Vec::new(),
                Encoding::Json => b"{}".to_vec(),
            };
        }
        let data_points = self.rejected.points();
        let message = shortened(&self.rejected.to_string()).to_owned();
        match encoding {
            Encoding::Protobuf => {
                let mut partial_success = Vec::new();
                push_number(1, data_points, &mut partial_success);
                push_bytes(2, message.as_bytes(), &mut partial_success);
                let mut response = Vec::new();
                push_bytes(1, &partial_success, &mut response);
                response
            }
            // 64-bit numbers are text in protobuf's JSON mapping, and 0 is left out.
            Encoding::Json if data_points == 0 => {
                json!({"partialSuccess": {"errorMessage": message}})
                    .to_string()
                    .into_bytes()
            }
            Encoding::Json => json!({"partialSuccess": {
                "rejectedDataPoints": data_points.to_string(),
                "errorMessage": message,
            }})
            .to_string()
            .into_bytes(),
        }
    }
}

/// The `google.rpc.Status` that is the body of every answer 4xx and 5xx.
#[must_use]
pub fn status_body(encoding: Encoding, http_status: u16, message: &str) -> Vec<u8> {
    let code = rpc_code(http_status);
    let message = shortened(message);
    match encoding {
        Encoding::Protobuf => {
            let mut status = Vec::new();
            push_number(1, code, &mut status);
            push_bytes(2, message.as_bytes(), &mut status);
            status
        }
        Encoding::Json => json!({"code": code, "message": message})
            .to_string()
            .into_bytes(),
    }
}

/// `google.rpc.Code`; clients of OTLP/HTTP go by the HTTP status and may log this one.
fn rpc_code(http_status: u16) -> u64 {
    match http_status {
        400 | 415 => 3,
        401 => 16,
        403 => 7,
        404 => 5,
        413 | 429 => 8,
        502..=504 => 14,
        500..=599 => 13,
        _ => 2,
    }
}

fn shortened(message: &str) -> &str {
    let mut end = message.len().min(LONGEST_MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message.get(..end).unwrap_or_default()
}

/// A varint field; 0 is the default and left out.
fn push_number(field: u8, number: u64, out: &mut Vec<u8>) {
    if number != 0 {
        out.push(field << 3);
        push_varint(number, out);
    }
}

fn push_bytes(field: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(field << 3 | 2);
    push_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn push_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
