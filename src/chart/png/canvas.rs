//! What is drawn on: rectangles and texts at places given in pixels.

use std::collections::HashMap;
use std::sync::Once;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use super::{PAPER, PngError};

/// The letters of every picture; `assets/font/LICENSE.txt` says where they come from.
const FONT: &[u8] = include_bytes!("../../../assets/font/DejaVuSans.subset.ttf");
/// The name it is known by here.
const NAME: &str = "report";
/// Height of its lines in heights of its letters: the library sizes fonts by their lines.
const LINES: f64 = 1.164;
/// Bytes of a pixel.
const CHANNELS: usize = 3;
/// Tallest picture.
const MOST_HEIGHT: f64 = 4_000.0;
/// From one stripe of a pattern to the next, and how wide one is.
const STRIPES: (f64, f64) = (8.0, 2.0);

type Area<'a> = DrawingArea<BitMapBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A place, in pixels from the top left.
pub(super) type Place = (f64, f64);

/// Where a text stands beside its place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Align {
    Left,
    Middle,
    Right,
}

/// What is drawn on.
pub(super) struct Canvas<'a> {
    area: Area<'a>,
}

/// A picture of that size, as PNG.
pub(super) fn drawn(
    width: f64,
    height: f64,
    draw: impl FnOnce(&mut Canvas<'_>) -> Result<(), PngError>,
) -> Result<Vec<u8>, PngError> {
    with_font();
    let height = height.min(MOST_HEIGHT).ceil();
    let (columns, lines) = (pixels(width), pixels(height));
    let mut pixels = vec![u8::MAX; CHANNELS * length(columns) * length(lines)];
    {
        let root = BitMapBackend::with_buffer(&mut pixels, (columns, lines)).into_drawing_area();
        let (right, bottom) = root.dim_in_pixel();
        let ends = |end: u32| 0..i32::try_from(end).unwrap_or(i32::MAX);
        let coordinates = Cartesian2d::new(0.0..width, 0.0..height, (ends(right), ends(bottom)));
        let mut canvas = Canvas {
            area: root.apply_coord_spec(coordinates),
        };
        draw(&mut canvas)?;
        canvas.area.present().map_err(PngError::of)?;
    }
    encoded(columns, lines, &pixels)
}

fn encoded(columns: u32, lines: u32, pixels: &[u8]) -> Result<Vec<u8>, PngError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, columns, lines);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let indexed = indexed(pixels);
    match &indexed {
        Some((palette, _)) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette.as_slice());
            encoder.set_filter(png::Filter::NoFilter);
        }
        None => encoder.set_color(png::ColorType::Rgb),
    }
    let data = indexed.as_ref().map_or(pixels, |(_, places)| places);
    let mut writer = encoder.write_header().map_err(PngError::of)?;
    writer.write_image_data(data).map_err(PngError::of)?;
    writer.finish().map_err(PngError::of)?;
    Ok(out)
}

/// The colours of a picture, and each pixel's place among them: a third of the size. Letters are grey and
/// bars have few colours, so there is one for nearly every picture.
fn indexed(pixels: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut known: HashMap<&[u8], u8> = HashMap::new();
    let mut palette = Vec::new();
    let mut places = Vec::with_capacity(pixels.len() / CHANNELS);
    for pixel in pixels.chunks_exact(CHANNELS) {
        let place = match known.get(pixel) {
            Some(place) => *place,
            None => {
                let place = u8::try_from(known.len()).ok()?;
                known.insert(pixel, place);
                palette.extend_from_slice(pixel);
                place
            }
        };
        places.push(place);
    }
    Some((palette, places))
}

impl Canvas<'_> {
    /// A rectangle of one colour.
    pub fn fill(&mut self, from: Place, to: Place, colour: &str) -> Result<(), PngError> {
        let rectangle = Rectangle::new([from, to], rgb(colour).filled());
        self.area.draw(&rectangle).map_err(PngError::of)
    }

    /// A rectangle in the colour and the pattern of a series, which also those see who see no colours.
    pub fn patterned(
        &mut self,
        from: Place,
        to: Place,
        colour: &str,
        series: usize,
    ) -> Result<(), PngError> {
        self.fill(from, to, colour)?;
        let (lying, standing) = match series {
            0 => (false, false),
            1 => (true, false),
            2 => (false, true),
            _ => (true, true),
        };
        let (apart, wide) = STRIPES;
        let mut y = from.1 + apart / 2.0;
        while lying && y + wide <= to.1 {
            self.fill((from.0, y), (to.0, y + wide - 1.0), PAPER)?;
            y += apart;
        }
        let mut x = from.0 + apart / 2.0;
        while standing && x + wide <= to.0 {
            self.fill((x, from.1), (x + wide - 1.0, to.1), PAPER)?;
            x += apart;
        }
        Ok(())
    }

    /// A text that stands on a line; `letters` is their height.
    pub fn text(
        &mut self,
        place: Place,
        text: &str,
        letters: f64,
        colour: &str,
        align: Align,
    ) -> Result<(), PngError> {
        let across = match align {
            Align::Left => HPos::Left,
            Align::Middle => HPos::Center,
            Align::Right => HPos::Right,
        };
        let colour = rgb(colour);
        let style = font(letters)
            .color(&colour)
            .pos(Pos::new(across, VPos::Top));
        // The library draws a text half its size above the line it stands on.
        let top = place.1 - letters * LINES / 2.0;
        let text = Text::new(text.to_owned(), (place.0, top), style);
        self.area.draw(&text).map_err(PngError::of)
    }
}

/// How wide a text is.
pub(super) fn width(text: &str, letters: f64) -> f64 {
    with_font();
    let size = font(letters).box_size(text).unwrap_or_default();
    f64::from(size.0)
}

/// As much of a text as has room, with a mark where it was cut.
pub(super) fn fitting(text: &str, letters: f64, room: f64) -> String {
    if width(text, letters) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let cut = format!("{}…", kept.iter().collect::<String>().trim_end());
        if width(&cut, letters) <= room {
            return cut;
        }
    }
    String::new()
}

fn font(letters: f64) -> FontDesc<'static> {
    FontDesc::new(FontFamily::Name(NAME), letters * LINES, FontStyle::Normal)
}

/// Makes the font known to the library, which keeps it for all.
fn with_font() {
    static KNOWN: Once = Once::new();
    KNOWN.call_once(|| {
        // It is built in; a test draws with it.
        let _ = register_font(NAME, FontStyle::Normal, FONT);
    });
}

/// `#RRGGBB`.
fn rgb(colour: &str) -> RGBColor {
    let part = |at: usize| {
        let digits = colour.get(at..at + 2);
        digits
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .unwrap_or_default()
    };
    RGBColor(part(1), part(3), part(5))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a size between nothing and the tallest picture"
)]
fn pixels(size: f64) -> u32 {
    size.clamp(1.0, MOST_HEIGHT) as u32
}

fn length(size: u32) -> usize {
    usize::try_from(size).unwrap_or_default()
}
