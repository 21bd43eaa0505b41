//! Products with their variants, ids and stock on the shelf.

use uuid::Uuid;

use super::draw::{Draw, Subject};
use super::goods::{LINES, Line};
use crate::sandbox::seed::model::{Product, Variant};
use crate::sandbox::seed::{SHOP_LOCATION, fixture};

/// Warehouse, then the two stores.
pub(super) const LOCATIONS: [(i64, &str); 3] = [
    (SHOP_LOCATION, "Portland Warehouse"),
    (71_000_000_002, "Seattle Store"),
    (71_000_000_003, "Vancouver Store"),
];

const FIRST_PRODUCT: i64 = 8_011_000_000_101;
const FIRST_VARIANT: i64 = 44_021_000_000_101;
/// Variant ids of one product start this far from those of the product before.
const VARIANTS_APART: i64 = 100;
/// What own ids of variants begin with.
const OWN: &str = "7a310000";
const INVENTORY_OFFSET: i64 = 2_000_000_000_000;

/// The products of the fixture catalogue, then those of the table, all with stock.
pub(super) fn catalogue(number: u64, shop_id: Uuid, fixture: Vec<Product>) -> Vec<Product> {
    let mut draw = Draw::new(number, Subject::Catalogue);
    let mut products = fixture;
    let mut label: u32 = products
        .iter()
        .flat_map(|product| &product.variants)
        .fold(0, |labels, _| labels + 1);
    for (position, line) in (0_i64..).skip(products.len()).zip(LINES) {
        let mut variants = Vec::new();
        for ((title, sku, price_minor), nth) in options(line).into_iter().zip(0_i64..) {
            label += 1;
            let shopify_variant_id = FIRST_VARIANT + position * VARIANTS_APART + nth;
            variants.push(Variant {
                id: fixture::id(OWN, label),
                shopify_variant_id,
                title,
                sku: Some(sku),
                inventory_item_id: shopify_variant_id + INVENTORY_OFFSET,
                price_minor,
                inventory_policy: "DENY".to_owned(),
                stock: Vec::new(),
            });
        }
        products.push(Product {
            shop_id,
            shopify_product_id: FIRST_PRODUCT + position,
            title: line.title.to_owned(),
            vendor: line.vendor.to_owned(),
            collections: Vec::new(),
            variants,
        });
    }
    for variant in products
        .iter_mut()
        .flat_map(|product| &mut product.variants)
    {
        variant.stock = shelf(&mut draw, variant.price_minor);
        "DENY".clone_into(&mut variant.inventory_policy);
    }
    products
}

/// Title, SKU and price of each variant of a line.
fn options(line: &Line) -> Vec<(String, String, i64)> {
    if line.first.is_empty() {
        return vec![("Default Title".to_owned(), line.sku.to_owned(), line.price)];
    }
    let mut rows = Vec::new();
    for ((size, size_code), nth) in line.first.iter().zip(0_i64..) {
        let price = line.price + nth * line.step;
        if line.second.is_empty() {
            rows.push((
                (*size).to_owned(),
                format!("{}-{size_code}", line.sku),
                price,
            ));
        }
        for (colour, colour_code) in line.second {
            rows.push((
                format!("{size} / {colour}"),
                format!("{}-{colour_code}-{size_code}", line.sku),
                price,
            ));
        }
    }
    rows
}

/// Units of a variant that never ran out: fewer of what costs more, least in the stores.
fn shelf(draw: &mut Draw, price_minor: i64) -> Vec<(i64, i64)> {
    let most = (600_000 / price_minor).clamp(14, 160);
    stock(
        draw.between(4, most),
        draw.between(0, most / 4),
        draw.between(0, most / 6),
    )
}

/// What a delivery has left after the waiters came: from a handful to a pallet.
pub(super) fn delivered(draw: &mut Draw, waiters: u64) -> Vec<(i64, i64)> {
    let waiters = i64::try_from(waiters).unwrap_or(0);
    stock(
        draw.between(3, 12 + waiters / 2),
        draw.between(0, 6),
        draw.between(0, 4),
    )
}

/// Nothing anywhere.
pub(super) fn sold_out() -> Vec<(i64, i64)> {
    stock(0, 0, 0)
}

fn stock(warehouse: i64, seattle: i64, vancouver: i64) -> Vec<(i64, i64)> {
    LOCATIONS
        .iter()
        .map(|(id, _)| *id)
        .zip([warehouse, seattle, vancouver])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_make_titles_skus_and_prices() {
        let bag = LINES.iter().find(|line| line.sku == "BAG20").unwrap();
        let rows: Vec<(String, String, i64)> = options(bag);
        let expected = [
            ("Regular / Left Zip", "BAG20-LZ-REG", 32_900),
            ("Regular / Right Zip", "BAG20-RZ-REG", 32_900),
            ("Long / Left Zip", "BAG20-LZ-LNG", 34_900),
            ("Long / Right Zip", "BAG20-RZ-LNG", 34_900),
        ]
        .map(|(title, sku, price)| (title.to_owned(), sku.to_owned(), price));
        assert_eq!(rows, expected);
        assert_eq!(
            fixture::id(OWN, 124).to_string(),
            "7a310000-0000-4000-8000-000000000124"
        );
    }
}
