import { expect, it } from "vitest";
import { Followers } from "./followers.ts";

it("tells once when two receivers follow the same file, and not when one takes over", () => {
  const followers = new Followers();
  expect(followers.meet("a", ["f1", "f2"])).toEqual({ shared: 0, rival: undefined });
  expect(followers.meet("b", ["f3"])).toEqual({ shared: 0, rival: undefined });
  expect(followers.meet("b", ["f2"])).toEqual({ shared: 1, rival: "a" });
  expect(followers.meet("b", ["f1", "f2"])).toEqual({ shared: 1, rival: undefined });
  expect(followers.meet("a", ["f3", "f2"])).toEqual({ shared: 1, rival: undefined });
  followers.forget("a");
  expect(followers.meet("c", ["f1"])).toEqual({ shared: 0, rival: undefined });
});
