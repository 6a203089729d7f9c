import { describe, expect, it } from "vitest";
import {
  formatAgo,
  formatDuration,
  formatMoney,
  formatMoneyExactly,
  formatMoneyShortly,
  formatRatio,
  formatTokens,
  money,
  sum,
} from "./format.ts";

describe("money is exact whole picodollars", () => {
  it.each([
    ["0", "$0.00", "$0.00"],
    ["4200000000", "$0.0042", "$0.0042"],
    ["42000000000", "$0.042", "$0.042"],
    ["99999999999", "$0.10", "$0.099999999999"],
    ["100000000000", "$0.10", "$0.10"],
    ["1000000000000", "$1.00", "$1.00"],
    ["1005000000000", "$1.01", "$1.005"],
    ["1284371234567890", "$1,284.37", "$1,284.37123456789"],
    ["123456789012345678901234", "$123,456,789,012.35", "$123,456,789,012.345678901234"],
    ["99000000", "<$0.0001", "$0.000099"],
    ["-3204999999999", "−$3.20", "−$3.204999999999"],
  ])("%s is %s", (picodollars, shown, exact) => {
    expect(formatMoney(money(picodollars))).toBe(shown);
    expect(formatMoneyExactly(money(picodollars))).toBe(exact);
  });

  it("adds more than a double can hold", () => {
    expect(sum(["9007199254740993", "1"])).toBe(9007199254740994n);
  });
});

it.each([
  [0, "$0"],
  [0.002, "$0.0020"],
  [0.25, "$0.25"],
  [2.5, "$2.50"],
  [1250, "$1,250"],
  [12_500, "$12.5K"],
])("an axis shows %d as %s", (amount, text) => {
  expect(formatMoneyShortly(amount)).toBe(text);
});

it.each([
  [0, "0"],
  [999, "999"],
  [9_400, "9.40 K"],
  [12_400_000, "12.4 M"],
  [3_380_000_000, "3.38 B"],
])("%d tokens are %s", (count, text) => expect(formatTokens(count)).toBe(text));

it.each([
  [null, "–"],
  [0, "0.0 %"],
  [0.9336, "93.4 %"],
  [0.99999, "99.9 %"],
  [1, "100.0 %"],
])("the ratio %d is %s", (ratio, text) => expect(formatRatio(ratio)).toBe(text));

it.each([
  [0, "0 s"],
  [59_400, "59 s"],
  [59_600, "1 min"],
  [3_599_000, "1 h 00 min"],
  [11_100_000, "3 h 05 min"],
  [187_200_000, "2 d 4 h"],
])("%d ms last %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

it("says just now for what a reader cannot tell from now", () => {
  expect(formatAgo(900)).toBe("just now");
  expect(formatAgo(3000)).toBe("3 s ago");
});
