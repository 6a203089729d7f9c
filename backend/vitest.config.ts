import { mkdirSync } from "node:fs";
import path from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const here = import.meta.dirname;

/** Both Workers' bindings in one workerd. Queues have no consumer here: the tests hand batches over themselves. */
export default defineConfig(async () => {
  // wrangler refuses a missing assets folder; these tests do not need what the dashboard's build puts there.
  mkdirSync(path.join(here, "dashboard/dist"), { recursive: true });
  return {
    root: here,
    plugins: [
      cloudflareTest({
        wrangler: { configPath: path.join(here, "../wrangler.toml") },
        miniflare: {
          queueProducers: { INGEST: "ingest", DEAD: "parked" },
          bindings: {
            TEST_MIGRATIONS: await readD1Migrations(path.join(here, "migrations")),
            PEPPER: "pepper-for-tests-only-0123456789abcdef",
            KMS_KEY: "kms-key-for-tests-only-0123456789abcdef",
            SETUP_SECRET: "set-up-for-tests-only-0123456789abcdef",
          },
        },
      }),
    ],
    test: {
      name: "worker",
      include: ["**/*.test.ts"],
      exclude: ["**/*.e2e.test.ts", "dashboard/**"],
      setupFiles: ["./test/migrate.ts"],
      testTimeout: 20_000,
      isolate: false,
    },
  };
});
