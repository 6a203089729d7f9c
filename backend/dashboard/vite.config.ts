import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** `vite build backend/dashboard` writes `dist/`: index.html, `_headers` and immutable hashed files under `assets/`. */
// oxlint-disable-next-line import/no-default-export -- Vite reads the default export
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    // A data: URI would be refused by the page's own content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
