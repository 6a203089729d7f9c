import { expect, it } from "vitest";
import { Followers } from "./followers.ts";

it("tells once when two receivers follow the same file, and not when one takes over", () => {
  const followers = new Followers();
  expect(followers.rival("a", ["f1", "f2"])).toBeUndefined();
  expect(followers.rival("b", ["f3"])).toBeUndefined();
  expect(followers.rival("b", ["f2"])).toBe("a");
  expect(followers.rival("b", ["f1"])).toBeUndefined();
  expect(followers.rival("a", ["f3"])).toBeUndefined();
  followers.forget("a");
  expect(followers.rival("c", ["f1"])).toBeUndefined();
});
