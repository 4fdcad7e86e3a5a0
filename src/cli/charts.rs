//! Charts as the files of a result folder: each as SVG and as PNG, drawn on all threads, in their order.

use crate::experiment::replicate::Threads;
use crate::report::chart::{Chart, Ink, png, svg};

/// Name and bytes of each file.
///
/// # Errors
/// A text when a picture cannot be drawn.
pub(super) fn pictures(charts: &[Chart], threads: &Threads) -> Result<Vec<(String, Vec<u8>)>, String> {
    let drawn = threads.map(charts.len(), |at| {
        let chart = &charts[at];
        let picture = png(chart, Ink::Light).map_err(|error| format!("{}.png: {error}", chart.id))?;
        let text = svg(chart, Ink::Light).into_bytes();
        Ok([(format!("{}.svg", chart.id), text), (format!("{}.png", chart.id), picture)])
    });
    Ok(drawn.into_iter().collect::<Result<Vec<_>, String>>()?.into_iter().flatten().collect())
}
