import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { postLocal } from "./enrol.ts";

let status = 200;
const server = createServer((_request, response) => response.writeHead(status).end("{}")).listen(
  0,
  "127.0.0.1",
);
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const call = () => postLocal({ url: url(), setupSecret: "not to be shown" }, "/local/enrol", {});
afterEach(() => server.close());

it("says that another program has the port when it does not know this start's secret", async () => {
  expect(await call()).toEqual({});
  status = 401;
  const error = await call().catch(String);
  expect(error).toMatch(/another program answers at http:\/\/127\.0\.0\.1:\d+.*--port/);
  expect(error).not.toContain("not to be shown");
});
