//! How do the samples of one flush become chunks?

use sample_codec::{CompleteFlush, encode_self_contained, split_by_hour};
use samples_table::{LoadError, SamplesTable};
use series::SeriesView;

use crate::flush::Flush;
use crate::keyframes::Keyframes;

/// Stores every sample: one conditional write for a flush within one clock hour. Repeating it is harmless.
pub async fn store(
    samples: &SamplesTable,
    keyframes: &Keyframes,
    flush: &Flush<'_>,
) -> Result<(), LoadError> {
    let mut points = Some(flush.points);
    for hour in split_by_hour(flush.series) {
        for chunk in encode(samples, keyframes, flush, &hour.series).await? {
            samples
                .put_chunk(
                    flush.tenant,
                    &flush.declared.sender,
                    chunk,
                    points.take(),
                    flush.arrived_at,
                )
                .await?;
        }
    }
    Ok(())
}

/// A host's complete flush as differences to its keyframe where that saves write units; everything
/// else by itself.
async fn encode(
    samples: &SamplesTable,
    keyframes: &Keyframes,
    flush: &Flush<'_>,
    series: &[SeriesView<'_>],
) -> Result<Vec<Vec<u8>>, LoadError> {
    let (tenant, sender) = (flush.tenant, &flush.declared.sender);
    if !sender.is_complete() {
        return Ok(encode_self_contained(series));
    }
    let current = keyframes
        .current(samples, tenant, sender, flush.arrived_at)
        .await?;
    let first_unit_bytes = SamplesTable::one_unit_bytes(tenant, sender);
    Ok(
        match CompleteFlush::within(first_unit_bytes, current.as_deref(), series) {
            CompleteFlush::Delta(chunk) => vec![chunk],
            CompleteFlush::SelfContained(chunks) => chunks,
            CompleteFlush::Rekeyed(keyframe, chunk) => {
                keyframes
                    .renew(samples, tenant, sender, keyframe, flush.arrived_at)
                    .await?;
                vec![chunk]
            }
        },
    )
}
