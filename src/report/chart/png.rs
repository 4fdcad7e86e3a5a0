//! A chart as a PNG: drawn by plotters at four times its size, scaled down by two, written with the density that says so.
//!
//! Thick lines are drawn segment by segment with round joints: plotters' own outline of a path tears where it turns on
//! itself.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use plotters::backend::BitMapBackend;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::canvas::SCALE;
use super::colours::{Ink, ground};
use super::draw::draw;
use super::spec::Chart;

/// Pixels of the picture to a CSS pixel.
const DENSITY: usize = 2;
/// Drawn pixels to one of the picture, in each direction.
const OVER: usize = SCALE as usize / DENSITY;
/// CSS has 96 pixels to the inch.
const PIXELS_PER_METRE: u32 = (96.0 * DENSITY as f64 / 0.0254) as u32;

/// The bytes of the picture, two pixels to a CSS pixel.
///
/// # Errors
/// A text when plotters cannot draw it.
pub fn png(chart: &Chart, ink: Ink) -> Result<Vec<u8>, String> {
    let (width, height) = (chart.width as usize * SCALE as usize, chart.height as usize * SCALE as usize);
    let (r, g, b) = ground(ink);
    let mut drawn: Vec<u8> = [r, g, b].repeat(width * height);
    let bitmap = BitMapBackend::with_buffer(&mut drawn, (width as u32, height as u32));
    draw(chart, &mut Raster(bitmap), ink)?;
    encoded(&scaled_down(&drawn, width, height), width / OVER, height / OVER)
        .map_err(|error| error.to_string())
}

/// The mean of each square, row by row, each row after the byte of its filter: minus the pixel on the left.
fn scaled_down(drawn: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut rows = Vec::with_capacity(height / OVER * (1 + width / OVER * 3));
    let mut sums = vec![0u16; width / OVER * 3];
    for row in drawn.chunks_exact(width * 3 * OVER) {
        sums.fill(0);
        for line in row.chunks_exact(width * 3) {
            for (sum, square) in sums.chunks_exact_mut(3).zip(line.chunks_exact(3 * OVER)) {
                for pixel in square.chunks_exact(3) {
                    for (sum, value) in sum.iter_mut().zip(pixel) {
                        *sum += u16::from(*value);
                    }
                }
            }
        }
        rows.push(1);
        let mut left = [0u8; 3];
        for sum in sums.chunks_exact(3) {
            for (left, sum) in left.iter_mut().zip(sum) {
                let value = (sum / (OVER * OVER) as u16) as u8;
                rows.push(value.wrapping_sub(*left));
                *left = value;
            }
        }
    }
    rows
}

/// ISO/IEC 15948: signature, header, density, data, end.
fn encoded(rows: &[u8], width: usize, height: usize) -> std::io::Result<Vec<u8>> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        file.extend_from_slice(&(data.len() as u32).to_be_bytes());
        let mut crc = Crc::new();
        for part in [name.as_slice(), data] {
            crc.update(part);
            file.extend_from_slice(part);
        }
        file.extend_from_slice(&crc.sum().to_be_bytes());
    };
    let mut header = Vec::new();
    header.extend_from_slice(&(width as u32).to_be_bytes());
    header.extend_from_slice(&(height as u32).to_be_bytes());
    // Eight bits, red, green and blue.
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    chunk(b"IHDR", &header);
    let metre = PIXELS_PER_METRE.to_be_bytes();
    chunk(b"pHYs", &[&metre[..], &metre[..], &[1]].concat());
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::new(6));
    packed.write_all(rows)?;
    chunk(b"IDAT", &packed.finish()?);
    chunk(b"IEND", &[]);
    Ok(file)
}

/// Plotters' bitmap with lines that hold together.
struct Raster<'a>(BitMapBackend<'a>);

type Fault<'a> = DrawingErrorKind<<BitMapBackend<'a> as DrawingBackend>::ErrorType>;

impl<'a> DrawingBackend for Raster<'a> {
    type ErrorType = <BitMapBackend<'a> as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.0.get_size()
    }

    fn ensure_prepared(&mut self) -> Result<(), Fault<'a>> {
        self.0.ensure_prepared()
    }

    fn present(&mut self) -> Result<(), Fault<'a>> {
        self.0.present()
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Result<(), Fault<'a>> {
        self.0.draw_pixel(at, color)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Result<(), Fault<'a>> {
        self.0.draw_rect(a, b, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<(), Fault<'a>> {
        let points: Vec<BackendCoord> = path.into_iter().collect();
        let width = style.stroke_width() as i32;
        let color = style.color();
        for (k, pair) in points.windows(2).enumerate() {
            self.segment(pair[0], pair[1], width, color)?;
            // Corners of lines along the axes are closed by the squares at their ends.
            let upright = |p: &[BackendCoord]| p[0].0 == p[1].0 || p[0].1 == p[1].1;
            if k > 0 && !(upright(pair) && upright(&points[k - 1..=k])) && color.alpha >= 1.0 {
                self.0.draw_circle(pair[0], (width / 2) as u32, &color, true)?;
            }
        }
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &T,
        at: BackendCoord,
    ) -> Result<(), Fault<'a>> {
        self.0.draw_text(text, style, at)
    }
}

impl<'a> Raster<'a> {
    fn segment(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        width: i32,
        color: BackendColor,
    ) -> Result<(), Fault<'a>> {
        let (low, high) = (width / 2, width - width / 2);
        if a.0 == b.0 || a.1 == b.1 {
            // Translucent lines must not overlap at their corners, opaque ones must.
            let over = if color.alpha < 1.0 { (0, 0) } else { (low, high) };
            let along_x = a.1 == b.1;
            let (dx, dy) = if along_x { (over, (low, high)) } else { ((low, high), over) };
            let from = (a.0.min(b.0) - dx.0, a.1.min(b.1) - dy.0);
            let to = (a.0.max(b.0) + dx.1, a.1.max(b.1) + dy.1);
            return self.0.draw_rect(from, to, &color, true);
        }
        let (dx, dy) = (f64::from(b.0 - a.0), f64::from(b.1 - a.1));
        let half = f64::from(width) / 2.0 / dx.hypot(dy);
        let (nx, ny) = ((-dy * half).round() as i32, (dx * half).round() as i32);
        let corners =
            [(a.0 + nx, a.1 + ny), (b.0 + nx, b.1 + ny), (b.0 - nx, b.1 - ny), (a.0 - nx, a.1 - ny)];
        self.0.fill_polygon(corners, &color)
    }
}
