//! A chart in the page: the drawing, the numbers behind it as a table, and what scripts need to draw it anew: that table, where
//! it is a curve, else the lines of the drawing.
//!
//! What a chart shows is `report::figures`', how it is drawn `report::chart`'s.

use serde_json::{Value, json};

use super::markup::Html;
use crate::report::chart::spec::{Axis, Cell, Hue, Mark, Path, Scale, Unit};
use crate::report::chart::{Chart, Ink, svg};

/// Fewer rows are better read than zoomed.
const FEWEST_ROWS: usize = 8;

/// The chart as a figure; whether scripts can draw it. `prefix`: makes its names different from those of the same chart of
/// another run.
pub(super) fn figure(chart: &Chart, prefix: &str) -> (Html, bool) {
    let chart = Chart { id: format!("{prefix}{}", chart.id), ..chart.clone() };
    let lines = if is_curve(&chart) { None } else { lines(&chart) };
    let live = is_curve(&chart) || lines.is_some();
    let mut html = Html::default();
    html.raw("<figure class=\"chart\" id=\"").text(&chart.id);
    if has_steps(&chart) {
        html.raw("\" data-steps=\"");
    }
    html.raw("\"><div class=\"drawing\" tabindex=\"0\" role=\"group\" aria-label=\"");
    html.text(&chart.title).raw("\">").drawing(&svg(&chart, Ink::Page)).raw("</div>\n");
    html.raw("<div class=\"tools\" hidden>");
    if live {
        html.raw(
            "<button type=\"button\" class=\"explore\" aria-expanded=\"false\">Zoom and read values</button>",
        );
    }
    html.raw("<button type=\"button\" class=\"enlarge\" aria-pressed=\"false\">Enlarge</button></div>\n");
    if live {
        html.raw("<div class=\"live\" hidden></div>\n");
    }
    if let Some(lines) = lines {
        html.data(&format!("{}-lines", chart.id), &lines);
    }
    html.raw("<details><summary>The numbers behind it</summary>")
        .part(table(&chart))
        .raw("</details></figure>\n");
    (html, live)
}

/// Whether its curves hold a value until the next point.
fn has_steps(chart: &Chart) -> bool {
    let marks = chart.panels.iter().flat_map(|panel| &panel.marks);
    marks.into_iter().any(|mark| {
        matches!(mark, Mark::Line { path: Path::Steps, .. } | Mark::Area { path: Path::Steps, .. })
    })
}

/// Whether its table is what it shows: the first column is the x axis and goes up, and another one holds numbers with a unit.
fn is_curve(chart: &Chart) -> bool {
    let table = &chart.table;
    let is_x =
        table.columns.first().is_some_and(|column| (column.unit == "s") == (chart.x.unit == Unit::Time));
    if !is_x || matches!(chart.x.scale, Scale::Names(_)) {
        return false;
    }
    let number = |row: &Vec<Cell>, column: usize| match row.get(column) {
        Some(Cell::Number(value)) => Some(*value),
        _ => None,
    };
    let x: Option<Vec<f64>> = table.rows.iter().map(|row| number(row, 0)).collect();
    let goes_up = x.is_some_and(|x| x.len() >= FEWEST_ROWS && x.windows(2).all(|pair| pair[0] <= pair[1]));
    // Names that are numbers, of pods for example, have no unit.
    let has_unit = |column: &usize| !table.columns[*column].unit.is_empty();
    let mut curves = (1..table.columns.len()).filter(has_unit);
    goes_up && curves.any(|column| table.rows.iter().any(|row| number(row, column).is_some()))
}

/// The lines of the first panel, each with the word that stands beside it in its colour; none when there are none, or the x
/// axis has names.
fn lines(chart: &Chart) -> Option<Value> {
    let panel = chart.panels.first()?;
    if matches!(chart.x.scale, Scale::Names(_)) {
        return None;
    }
    let word = |of: Hue| {
        panel.marks.iter().find_map(|mark| match mark {
            Mark::Label { text, hue, .. } if *hue == of => Some(text.as_str()),
            _ => None,
        })
    };
    let lines: Vec<Value> = panel
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Line { points, hue, .. } if points.len() >= FEWEST_ROWS => {
                let (x, y): (Vec<f64>, Vec<f64>) =
                    points.iter().map(|(x, y)| (rounded(*x), rounded(*y))).unzip();
                Some(json!({"name": word(*hue).unwrap_or(&panel.y.label), "x": x, "y": y}))
            }
            _ => None,
        })
        .collect();
    let axis = |axis: &Axis| {
        let unit = match axis.unit {
            Unit::Time => "s",
            Unit::Share | Unit::Points => "share",
            Unit::Count | Unit::Number => "",
        };
        json!({"label": axis.label, "unit": unit})
    };
    (!lines.is_empty()).then(|| json!({"x": axis(&chart.x), "y": axis(&panel.y), "lines": lines}))
}

/// Enough for a picture.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn table(chart: &Chart) -> Html {
    let table = &chart.table;
    let mut html = Html::default();
    html.raw("<div class=\"scroll tall\" role=\"group\" tabindex=\"0\" aria-label=\"Numbers: ")
        .text(&chart.title);
    html.raw("\"><table><caption>").text(&chart.title).raw("</caption><thead><tr>");
    for column in &table.columns {
        html.raw("<th scope=\"col\" data-unit=\"").raw(column.unit).raw("\">").text(&column.name);
        if !column.unit.is_empty() {
            html.raw(" (").raw(column.unit).raw(")");
        }
        html.raw("</th>");
    }
    html.raw("</tr></thead><tbody>\n");
    for row in &table.rows {
        html.raw("<tr>");
        for cell in row {
            match cell {
                Cell::Number(value) => html.raw("<td class=\"n\">").text(&short(*value)),
                Cell::Text(text) => html.raw("<td>").text(text),
                Cell::Missing => html.raw("<td>"),
            };
            html.raw("</td>");
        }
        html.raw("</tr>\n");
    }
    html.raw("</tbody></table></div>");
    if !table.note.is_empty() {
        html.raw("<p class=\"note\">").text(&table.note).raw("</p>");
    }
    html
}

/// At most four digits after the point.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0" } else { short }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_what_says_nothing() {
        assert_eq!([3.0, 0.5, 12.34567, 100.0, -0.0].map(short), ["3", "0.5", "12.3457", "100", "0"]);
    }
}
