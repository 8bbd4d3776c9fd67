// TC strings made and judged by npm @iabtechlabtcf/core (from $WEIR_DEPS/iabtcf-core). In, one JSON
// object a line: {purposes, vendors, interests, restrictions: [[purpose, type, vendor]], disclosed,
// vendor, asked}. Out, one line each: the string, a tab, and 1 if what the library decodes from it
// grants the vendor consent for all purposes asked and no restriction takes it back, else 0.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const { GVL, PurposeRestriction, RestrictionType, Segment, TCModel, TCString } =
  require(process.env.WEIR_DEPS + "/iabtcf-core/lib/cjs/index.js");

const PURPOSES = Array.from({ length: 11 }, (_, index) => index + 1);
const VENDORS = 700;

// A vendor list in which odd vendors ask for consent and even ones claim legitimate interest, all
// flexible, so that every restriction is one for somebody.
function vendorList() {
  const vendors = {};
  for (let id = 1; id <= VENDORS; ++id) {
    const [purposes, legIntPurposes] = id % 2 ? [PURPOSES, []] : [[1, 3, 4], [2, 5, 6, 7, 8, 9, 10, 11]];
    vendors[id] = { id, name: `v${id}`, purposes, legIntPurposes, flexiblePurposes: PURPOSES,
      specialPurposes: [], features: [], specialFeatures: [], policyUrl: "" };
  }
  const entry = (id) => [id, { id, name: `${id}`, description: "", descriptionLegal: "", illustrations: [] }];
  return { gvlSpecificationVersion: 3, vendorListVersion: 100, tcfPolicyVersion: 4,
    lastUpdated: "2026-01-01T00:00:00Z", purposes: Object.fromEntries(PURPOSES.map(entry)),
    specialPurposes: {}, features: {}, specialFeatures: {}, stacks: {}, vendors, dataCategories: {} };
}

function encode(wanted) {
  const model = new TCModel(new GVL(vendorList()));
  model.cmpId = 31;
  model.cmpVersion = 2;
  model.publisherCountryCode = "DE";
  model.isServiceSpecific = true;
  model.purposeConsents.set(wanted.purposes);
  model.vendorConsents.set(wanted.vendors);
  model.vendorLegitimateInterests.set(wanted.interests);
  for (const [purpose, type, vendor] of wanted.restrictions) {
    model.publisherRestrictions.add(vendor, new PurposeRestriction(purpose, type));
  }
  if (wanted.disclosed) model.vendorsDisclosed.set(wanted.vendors);
  return TCString.encode(model, { segments: wanted.disclosed ? [Segment.CORE, Segment.VENDORS_DISCLOSED] : [Segment.CORE] });
}

function grants(text, { vendor, asked }) {
  const model = TCString.decode(text);
  const forbids = (purpose, type) => model.publisherRestrictions
    .getVendors(new PurposeRestriction(purpose, type)).includes(vendor);
  return model.vendorConsents.has(vendor) && asked.every((purpose) => model.purposeConsents.has(purpose) &&
    !forbids(purpose, RestrictionType.NOT_ALLOWED) && !forbids(purpose, RestrictionType.REQUIRE_LI));
}

const lines = readFileSync(0, "utf8").split("\n").slice(0, -1);
for (const line of lines) {
  const wanted = JSON.parse(line);
  const text = encode(wanted);
  process.stdout.write(`${text}\t${grants(text, wanted) ? 1 : 0}\n`);
}
