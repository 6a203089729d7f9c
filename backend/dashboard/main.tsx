import { render } from "preact";
import { connect } from "./api.ts";
import { App } from "./app.tsx";
import { applyTheme, storedTheme } from "./theme.ts";
import "./style/tokens.css";
import "./style/base.css";
import "./style/layout.css";
import "./style/parts.css";
import "./style/chart.css";
import "./style/narrow.css";
import "./style/print.css";

applyTheme(storedTheme());
const root = document.getElementById("app");
if (root) render(<App api={connect((...request) => fetch(...request))} now={() => Date.now()} />, root);
