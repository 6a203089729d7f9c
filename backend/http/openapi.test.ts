import { expect, it } from "vitest";
import { ROUTES } from "../domain/api/routes.ts";
import { call, enrol, signIn } from "../test/client.ts";

it("the served document has every route, and is for members", async () => {
  await enrol();
  expect((await call("/api/openapi.json")).status).toBe(401);
  const response = await call("/api/openapi.json", { headers: { cookie: await signIn({ role: "viewer" }) } });
  const { openapi, paths } = await response.json<{ openapi: string; paths: Record<string, object> }>();
  expect(openapi).toBe("3.1.0");
  const served = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`),
  );
  expect(served.toSorted()).toEqual(Object.keys(ROUTES).toSorted());
});
