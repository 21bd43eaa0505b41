//! What the shop sells beside the products of the fixture catalogue: a table, read by `catalogue`.

/// One product of the table.
pub(super) struct Line {
    pub(super) title: &'static str,
    pub(super) vendor: &'static str,
    /// Start of every SKU of the product.
    pub(super) sku: &'static str,
    /// Price of the first option, in cents.
    pub(super) price: i64,
    /// What each further first option costs more, in cents.
    pub(super) step: i64,
    /// First option of the title, mostly the size; empty: the product has no options.
    pub(super) first: &'static [(&'static str, &'static str)],
    /// Second option of the title, mostly the colour; empty: there is none.
    pub(super) second: &'static [(&'static str, &'static str)],
}

type Options = &'static [(&'static str, &'static str)];

const MILLS: &str = "Juniper Mills";
const KILN: &str = "Kiln & Co";
const HIVE: &str = "Hive Street";
const LARCH: &str = "Larch & Line";

const NONE: Options = &[];
const SIZES: Options = &[
    ("Small", "S"),
    ("Medium", "M"),
    ("Large", "L"),
    ("X-Large", "XL"),
];
const WIDE_SIZES: Options = &[("S/M", "SM"), ("L/XL", "LX")];
const BEDS: Options = &[("Twin", "TW"), ("Queen", "QN"), ("King", "KG")];

const fn line(
    title: &'static str,
    vendor: &'static str,
    sku: &'static str,
    price: i64,
    first: Options,
    second: Options,
) -> Line {
    Line {
        title,
        vendor,
        sku,
        price,
        step: 0,
        first,
        second,
    }
}

const fn stepped(step: i64, line: Line) -> Line {
    Line { step, ..line }
}

/// The table.
pub(super) const LINES: &[Line] = &[
    line("Merino Crew Sweater", MILLS, "CREW", 12_800, SIZES, &[("Oat", "OAT"), ("Spruce", "SPR")]),
    line("Heavyweight Pocket Tee", MILLS, "TEE", 3_800, SIZES, &[("Chalk", "CHK"), ("Rust", "RST"), ("Ink", "INK")]),
    line("Corduroy Work Shirt", MILLS, "CORD", 9_600, SIZES, &[("Tobacco", "TOB"), ("Pine", "PIN")]),
    line("Waxed Chore Coat", MILLS, "CHORE", 24_800, SIZES, &[("Bark", "BRK"), ("Navy", "NVY")]),
    line("Lambswool Beanie", MILLS, "BEANIE", 3_400, &[("Oat", "OAT"), ("Moss", "MOSS"), ("Charcoal", "CHAR"), ("Marigold", "MAR")], NONE),
    line("Ribbed Wool Socks", MILLS, "SOCK", 1_800, WIDE_SIZES, &[("Fern", "FRN"), ("Brick", "BRI"), ("Heather Grey", "HGR")]),
    line("Linen Kitchen Apron", MILLS, "APRON", 5_400, &[("Flax", "FLAX"), ("Indigo", "IND"), ("Clay", "CLAY")], NONE),
    stepped(3_000, line("Washed Linen Duvet Cover", MILLS, "DUVET", 18_900, BEDS, &[("White", "WHT"), ("Sage", "SGE")])),
    line("Linen Pillowcase Pair", MILLS, "PILLOW", 5_800, &[("White", "WHT"), ("Sage", "SGE"), ("Dusk", "DSK")], NONE),
    line("Waffle Bath Towel", MILLS, "WAFFLE", 4_200, &[("Bone", "BONE"), ("Eucalyptus", "EUC"), ("Slate", "SLT"), ("Terracotta", "TER")], NONE),
    line("Quilted Gilet", MILLS, "GILET", 16_400, SIZES, &[("Slate", "SLT")]),
    line("Brushed Flannel Robe", MILLS, "ROBE", 11_200, WIDE_SIZES, &[("Redwood", "RED"), ("Storm", "STM")]),
    line("Market Canvas Tote", MILLS, "TOTE", 3_200, &[("Natural", "NAT"), ("Olive", "OLV"), ("Black", "BLK")], NONE),
    line("Herringbone Wool Scarf", MILLS, "SCARF", 7_200, &[("Camel", "CML"), ("Bilberry", "BIL"), ("Graphite", "GRA")], NONE),
    line("Stoneware Dinner Plates, Set of 4", KILN, "PLATE4", 8_800, &[("Chalk", "CHK"), ("Celadon", "CEL"), ("Iron", "IRN")], NONE),
    line("Everyday Stoneware Mug", KILN, "MUG", 2_200, &[("Chalk", "CHK"), ("Celadon", "CEL"), ("Iron", "IRN"), ("Ochre", "OCH"), ("Tide", "TIDE")], NONE),
    line("Ramen Bowl Pair", KILN, "RAMEN", 4_600, &[("Ash", "ASH"), ("Midnight", "MID")], NONE),
    stepped(2_200, line("Speckled Serving Platter", KILN, "PLATTER", 5_200, &[("Medium", "M"), ("Large", "L")], NONE)),
    stepped(5_500, line("Enamelled Dutch Oven", KILN, "DUTCH", 19_500, &[("4 qt", "4QT"), ("6 qt", "6QT")], &[("Marigold", "MAR"), ("Juniper", "JUN"), ("Oyster", "OYS")])),
    stepped(2_000, line("Carbon Steel Skillet", KILN, "SKILLET", 6_900, &[("8 in", "8"), ("10 in", "10"), ("12 in", "12")], NONE)),
    line("Cast Iron Griddle", KILN, "GRIDDLE", 11_800, NONE, NONE),
    stepped(3_800, line("End-Grain Walnut Board", KILN, "BOARD", 9_600, &[("Medium", "M"), ("Large", "L")], NONE)),
    line("Gooseneck Kettle", KILN, "KETTLE", 15_800, &[("Copper", "COP"), ("Matte Black", "BLK")], NONE),
    line("Hand Coffee Grinder", KILN, "GRINDER", 12_900, &[("Steel", "STL"), ("Matte Black", "BLK")], NONE),
    line("Lidded Salt Cellar", KILN, "SALT", 2_600, &[("Chalk", "CHK"), ("Ochre", "OCH"), ("Iron", "IRN")], NONE),
    line("Chef's Knife, 8 in", KILN, "KNIFE8", 16_400, &[("Walnut", "WAL"), ("Olive Wood", "OLW")], NONE),
    line("Pantry Jars, Set of 6", KILN, "JARS6", 4_800, NONE, NONE),
    line("Beeswax Taper Candles, Pair", HIVE, "TAPER", 1_900, &[("Natural", "NAT"), ("Ivory", "IVO"), ("Forest", "FOR"), ("Plum", "PLM")], NONE),
    line("Reed Diffuser", HIVE, "REED", 3_600, &[("Cedar & Sage", "CED"), ("Tomato Leaf", "TOM"), ("Sea Salt", "SEA")], NONE),
    line("Oat Milk Soap Bar", HIVE, "SOAP", 950, &[("Lavender", "LAV"), ("Rosemary", "ROS"), ("Unscented", "UNS"), ("Bergamot", "BER")], NONE),
    line("Honey Lip Balm", HIVE, "BALM", 800, &[("Plain", "PLN"), ("Mint", "MNT"), ("Orange", "ORG")], NONE),
    stepped(900, line("Wildflower Honey", HIVE, "HONEY", 1_400, &[("8 oz", "8OZ"), ("16 oz", "16OZ")], NONE)),
    line("Gardener's Hand Salve", HIVE, "SALVE", 1_600, &[("Calendula", "CAL"), ("Comfrey", "COM")], NONE),
    line("Boot & Saddle Wax", HIVE, "BOOTWAX", 2_100, NONE, NONE),
    line("Hearth Gift Box", HIVE, "GIFTBOX", 6_800, NONE, NONE),
    line("Ridgeline 2-Person Tent", LARCH, "TENT2", 48_000, &[("Lichen", "LIC"), ("Ember", "EMB")], NONE),
    stepped(2_000, line("Down Sleeping Bag 20F", LARCH, "BAG20", 32_900, &[("Regular", "REG"), ("Long", "LNG")], &[("Left Zip", "LZ"), ("Right Zip", "RZ")])),
    line("Roll-Top Daypack 22 L", LARCH, "PACK22", 13_800, &[("Bark", "BRK"), ("Lichen", "LIC"), ("Black", "BLK"), ("Ember", "EMB")], NONE),
    stepped(800, line("Insulated Flask", LARCH, "FLASK", 3_400, &[("18 oz", "18"), ("32 oz", "32")], &[("Spruce", "SPR"), ("Sand", "SND"), ("Cobalt", "COB")])),
    line("Folding Camp Chair", LARCH, "CHAIR", 11_800, &[("Natural", "NAT"), ("Olive", "OLV")], NONE),
    line("Titanium Cookset", LARCH, "COOKSET", 9_800, NONE, NONE),
    line("Merino Base Layer Top", LARCH, "BASE", 9_200, SIZES, &[("Black", "BLK"), ("Tide", "TIDE")]),
    line("Trail Rain Shell", LARCH, "SHELL", 22_800, SIZES, &[("Lichen", "LIC"), ("Ink", "INK")]),
    line("Rechargeable Headlamp", LARCH, "LAMP", 5_900, &[("Sand", "SND"), ("Black", "BLK")], NONE),
    line("Wool Picnic Blanket", LARCH, "PICNIC", 8_400, &[("Fern Check", "FRN"), ("Rust Check", "RST"), ("Ink Check", "INK")], NONE),
    stepped(800, line("Roll-Down Dry Bag", LARCH, "DRYBAG", 2_400, &[("5 L", "5"), ("10 L", "10"), ("20 L", "20")], &[("Ember", "EMB"), ("Cobalt", "COB")])),
];
