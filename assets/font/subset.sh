#!/usr/bin/env bash
# Makes DejaVuSans.subset.ttf anew. Needs Debian's fonts-dejavu-core, and fonttools for pyftsubset.
set -euo pipefail
cd "$(dirname "$0")"
pyftsubset /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf --output-file=DejaVuSans.subset.ttf \
  --unicodes='U+0020-007E,U+00A0-00FF,U+0100-017F,U+0192,U+0218-021B,U+0386-03CE,U+0401-045F,U+0490-0491,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+2030,U+2032-2033,U+2039-203A,U+20AC,U+20BD,U+20BA,U+20A9,U+20B9,U+2122,U+2190-2193,U+2212,U+25A1' \
  --no-hinting --no-glyph-names --notdef-outline --layout-features='' \
  --drop-tables+=FFTM,GDEF,GPOS,GSUB,kern,gasp,post --name-IDs='0,1,2,4,5,6,13,14'
