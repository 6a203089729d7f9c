import { render } from "preact";
import { connect } from "./api.ts";
import { App } from "./app.tsx";
import { applyTheme, storedTheme } from "./theme.ts";

applyTheme(storedTheme());
const root = document.getElementById("app");
if (root) render(<App api={connect((...request) => fetch(...request))} now={() => Date.now()} />, root);
