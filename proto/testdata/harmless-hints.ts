import type { Category } from "../categories.ts";
import { LABELLED_PROMPTS } from "../../processors/categorize/testdata/labelled-prompts.ts";

export interface HarmlessHint {
  prompt: string;
  hint: string;
}

/** What a model that does as it is told says about labelled prompts: place, task, project. */
const ABOUT_LABELLED: Readonly<Record<Category, readonly [place: number, task: string, project: string][]>> =
  {
    feature: [
      [0, "Add a theme switch that is saved for each account", "web application with user settings"],
      [1, "Let people download bills as documents", "invoicing software"],
      [2, "Implement a forgotten-password flow with expiring links", "authentication service"],
      [3, "Allow manual sorting of stored queries", "search interface"],
      [4, "Inform clients about shipped orders through callbacks", "e-commerce backend"],
      [5, "Admin sign-in on behalf of a user, clearly indicated", "support tooling"],
      [6, "Add an optional phone number to user profiles", "user account pages"],
      [7, "Group nearby points on a busy map", "map visualization"],
      [9, "Notify colleagues mentioned in discussions", "collaboration tool"],
      [10, "Shortcuts for common editing actions", "code editor"],
      [15, "Throttle requests per API key", "public web API"],
    ],
    bugfix: [
      [0, "Prevent duplicate submission of a sign-in form", "web front end"],
      [1, "Correct the order in which discounts are applied", "online shop"],
      [2, "Fix time zone handling of dates", ""],
      [3, "Repair image uploading in one browser", "user profile management"],
      [5, "Fix overlapping layout on mobile devices", "responsive website"],
      [7, "Stop retrying after a permanent failure", "HTTP client"],
      [8, "Clean up event listeners on disconnect to avoid a leak", "realtime server"],
      [10, "Correct rounding of tax amounts", "accounting software"],
      [12, "Support line breaks inside quoted CSV values", "data import library"],
      [14, "Ensure only a single worker sends scheduled emails", "email delivery system"],
    ],
    refactor: [
      [0, "Use dependency injection for the payment provider", "payment processing"],
      [1, "Break up an oversized UI component", "front-end application"],
      [2, "Consistent naming of account code", ""],
      [3, "Remove repeated input checks", "web backend"],
      [5, "Modernize asynchronous code", "JavaScript code base"],
      [7, "Delete obsolete import code", "data ingestion"],
      [8, "Centralize feature flags with static typing", "product configuration"],
      [11, "Adopt the platform's standard event mechanism", ""],
      [13, "Reduce memory allocations in a hot path", "performance-critical code"],
      [14, "Separate business objects from database mapping", "layered backend"],
    ],
    test: [
      [0, "Unit tests for price reductions and boundary values", "pricing module"],
      [1, "Basic test coverage for data import", "batch processing"],
      [2, "Integration tests for user registration", "web application"],
      [3, "Execute all tests and report failures", ""],
      [4, "Simulate external payments in tests", "online store"],
      [8, "Tests for new permission checks", "access control"],
      [9, "Make an unreliable test stable", "test suite"],
      [10, "Randomized tests of a serialization round trip", "codec library"],
      [11, "Automated test of a whole order process", "e-commerce site"],
      [14, "Replace real delays by simulated time in tests", "job scheduler"],
    ],
    debug: [
      [0, "Investigate slow database access at certain times", "database-backed service"],
      [1, "Find the source of a null error in a list view", "React front end"],
      [2, "Understand repeated restarts of a background process", ""],
      [3, "Connection problems during container startup", "containerized service"],
      [4, "Find performance problems while typing", "desktop or web app"],
      [5, "Analyze growing memory usage", "production server"],
      [6, "Explain a missing key in a Python job", "data job"],
      [9, "Explain inconsistent numbers between two reports", "reporting and analytics"],
      [11, "Find out why sessions end too early", "web session handling"],
      [12, "Isolate a slow server instance", "replicated backend"],
      [14, "Diagnose sudden server errors", ""],
    ],
    review: [
      [0, "Review a branch before it is merged", ""],
      [1, "Verify correctness of a locking mechanism", "concurrent code"],
      [3, "Security review of login handling", "authentication layer"],
      [4, "Feedback on the design of an interface", "REST API"],
      [5, "Check database queries for injection", "SQL code"],
      [7, "Judge whether code is idiomatic", "Rust project"],
      [8, "Code review with a focus on failures", ""],
      [11, "Critical assessment of a module's design", ""],
      [13, "Evaluate regular expression performance", "input validation"],
      [15, "Assess risk of data loss in a migration", "database migration"],
    ],
    docs: [
      [0, "Create introductory documentation", "reusable package"],
      [1, "Comment a public interface", "client library"],
      [2, "Summarize recent changes for users", "versioned software"],
      [3, "Bring beginner documentation up to date", "command line tool"],
      [5, "Make an error text easier to understand", ""],
      [8, "Short instructions for local setup", "development environment"],
      [9, "Translate part of a manual", "end-user documentation"],
      [11, "List configuration variables", "project wiki"],
      [12, "Check grammar of a text", ""],
      [14, "Document request routing with a diagram", "system architecture"],
    ],
    explore: [
      [0, "Understand cache eviction", "caching component"],
      [2, "Locate where a tax rate is set", "billing system"],
      [3, "Compare two ways to keep sessions", "web backend"],
      [4, "Trace the path of a user action to storage", "full-stack application"],
      [6, "Overview of the repository layout for a newcomer", ""],
      [8, "Understand how sign-in works", "business application"],
      [9, "Check streaming support of a dependency", ""],
      [10, "Find every use of the configuration", ""],
      [13, "Determine callers and parameters of a function", ""],
      [15, "Understand error propagation between layers", "layered web service"],
    ],
    plan: [
      [0, "Plan a gradual switch to another API style", "API platform"],
      [1, "Compare options to break up a large application", "monolithic system"],
      [2, "Data model for roles across organizations", "multi-tenant software"],
      [3, "Think about working without a connection", "mobile or web client"],
      [4, "Tamper-proof storage for audit logs", "compliance features"],
      [6, "Choose a technique for live updates", "financial price display"],
      [7, "Divide a large effort into small tasks", "project planning"],
      [9, "Suggest a directory layout", "mobile application"],
      [12, "Recommend a message broker", "event-driven system"],
      [15, "Design an extension mechanism", "extensible platform"],
    ],
    ops: [
      [0, "Release to a test environment", "hosted service"],
      [1, "Infrastructure code for cloud storage", "AWS infrastructure"],
      [2, "Alerting for a growing queue", "message processing"],
      [3, "Free disk space on a server", "logging infrastructure"],
      [4, "Enforce encrypted connections in the web server", "website hosting"],
      [6, "Tune memory limits of containers", "Kubernetes cluster"],
      [8, "Daily database backups to another machine", "database operations"],
      [9, "Dashboard for response times", "monitoring"],
      [12, "Move name servers without an outage", "domain management"],
      [13, "Replace credentials and restart services", "secret management"],
    ],
    build: [
      [0, "Upgrade a major framework version", "React application"],
      [1, "Speed up continuous integration", "build pipeline"],
      [3, "Reduce the size of a container image", ""],
      [4, "Resolve a dependency conflict", "Node.js project"],
      [6, "Format code automatically before commits", "developer tooling"],
      [8, "Reduce download size of the front end", "single-page application"],
      [10, "Update vulnerable dependencies", ""],
      [11, "Make builds deterministic", "Java project"],
      [13, "Change the package manager", "monorepo"],
      [15, "Install a missing native library in CI", "C++ project"],
    ],
    data: [
      [0, "Query for top customers by quarterly revenue", "sales reporting"],
      [1, "Clean and visualize sales data", "data analysis notebook"],
      [2, "Fill in missing country values", "customer database"],
      [3, "Measure retention of new users", "product analytics"],
      [5, "Extend a nightly import with refunds", "data warehouse"],
      [6, "Compute typical response times from logs", "server log analysis"],
      [8, "Compute churn by cohort", "subscription business"],
      [9, "Detect and remove anomalies in measurements", "sensor data"],
      [10, "Train and evaluate a text classifier", "customer support automation"],
      [12, "Convert data to a columnar format", "data pipeline"],
      [15, "Find unpaid invoices", "accounting database"],
    ],
    other: [
      [0, "Confirmation that something works", ""],
      [5, "Suggest a name for a pet", ""],
      [6, "Short humorous poem", ""],
      [15, "Approve and commit", ""],
    ],
  };

/** Prompts of many lines of business, and what may be said about them. */
const ABOUT_OTHERS: readonly [prompt: string, task: string, project: string][] = [
  [
    "Patients should be able to cancel an appointment until noon of the day before.",
    "Let patients cancel bookings in time",
    "clinic appointment scheduling",
  ],
  [
    "the seat map for the theatre shows sold seats as free after a refund",
    "Correct seat availability",
    "ticket sales for venues",
  ],
  [
    "Calculate the shipping cost by weight class and zone, table attached below.",
    "Compute delivery prices",
    "logistics software",
  ],
  [
    "Students complain that the quiz timer keeps running when the tab is hidden.",
    "Pause a countdown in background tabs",
    "online learning platform",
  ],
  [
    "farmers want to see soil moisture per field on the phone, offline too",
    "Show sensor values without a connection",
    "agriculture mobile app",
  ],
  [
    "Import bank statements in CAMT format and match them with open invoices",
    "Match payments with outstanding bills",
    "accounting software",
  ],
  [
    "the elevator controller misses the second floor when two requests arrive at the same time",
    "Fix a race condition in request handling",
    "embedded control software",
  ],
  ["Add a leaderboard for the weekly puzzle with friends only.", "Ranking limited to friends", "casual game"],
  [
    "Warum zeigt der Kassenbon die falsche Filiale an?",
    "Find out why receipts show the wrong branch",
    "point of sale system",
  ],
  [
    "Plan how we anonymize patient records before they go to the research cluster.",
    "Plan anonymization of sensitive records",
    "medical research data",
  ],
  [
    "calibrate the camera for the sorting robot with the new lens",
    "Calibrate a robot's camera",
    "industrial robotics",
  ],
  [
    "donors get no receipt by mail if they pay by direct debit",
    "Send missing donation receipts",
    "fundraising platform",
  ],
  [
    "We need a job that sends a reminder to tenants three days before the rent is due.",
    "Scheduled payment reminders",
    "property management",
  ],
  [
    "write a parser for the weather station protocol, two bytes header, then readings",
    "Parse a binary protocol",
    "weather measurement devices",
  ],
  [
    "Vote counting must not reveal who voted for what. Review the scheme.",
    "Review privacy of a voting system",
    "election software",
  ],
  [
    "hotel guests should pick a pillow type during online check-in",
    "Let guests choose room preferences",
    "hotel booking system",
  ],
  [
    "restaurant orders from the table tablet arrive twice in the kitchen",
    "Remove duplicate kitchen orders",
    "restaurant ordering",
  ],
  [
    "cars in the simulator drift off the lane at high speed, look at the PID controller",
    "Investigate unstable steering in a simulation",
    "vehicle simulation",
  ],
  [
    "Explain how the loan calculator arrives at the effective interest rate.",
    "Understand an interest calculation",
    "lending software",
  ],
  [
    "rewrite the podcast feed generator so that it streams instead of building one string",
    "Stream a generated feed",
    "podcast publishing",
  ],
];

/** What a smaller model says, which likes to take the prompt's own words. Place, task, project. */
const IN_ITS_WORDS: Readonly<Record<Category, readonly [place: number, task: string, project: string][]>> = {
  feature: [
    [0, "Add a dark mode setting", "user settings"],
    [2, "Implement password reset", "authentication"],
    [7, "Add marker clustering to the map view", "map application"],
    [13, "JSON output flag for the CLI", "command line tool"],
  ],
  bugfix: [
    [0, "Fix double submission of login form", "login page"],
    [2, "Fix time zone issue with dates", "date handling"],
    [5, "Fix sidebar overlap on small screens", "web UI"],
    [13, "Fix pagination offset", "list pages"],
  ],
  refactor: [
    [1, "Split large component", "front-end code"],
    [4, "Extract date formatting helper", "shared code"],
    [9, "Clean up render function", "UI rendering"],
    [12, "Convert class components to hooks", "React widgets"],
  ],
  test: [
    [0, "Write unit tests for discount calculation", "pricing"],
    [2, "Integration tests for signup flow", "user registration"],
    [6, "Increase parser test coverage", "parser"],
    [13, "Write login page spec", "Cypress tests"],
  ],
  debug: [
    [0, "Debug query timeout", "database"],
    [2, "Find cause of worker restarts", "worker process"],
    [5, "Track down memory leak", "production service"],
    [13, "Debug image decoder crash", "image processing"],
  ],
  review: [
    [0, "Review branch changes before pull request", "code review"],
    [3, "Check authentication middleware security", "authentication"],
    [8, "Review last commit for error handling", "code review"],
    [13, "Check regex performance", "regular expressions"],
  ],
  docs: [
    [0, "Write package README", "software package"],
    [2, "Update changelog for next release", "release notes"],
    [6, "Draft release notes", "documentation"],
    [13, "Add docstrings to geometry module", "geometry library"],
  ],
  explore: [
    [0, "Understand cache eviction", "caching layer"],
    [3, "Explain difference between session stores", "session management"],
    [6, "Get overview of project folders", "project structure"],
    [10, "List places reading the config file", "configuration"],
  ],
  plan: [
    [0, "Plan migration from REST to GraphQL", "API migration"],
    [2, "Design permission schema", "multi-tenant application"],
    [9, "Propose folder structure", "mobile app"],
    [12, "Compare Kafka and RabbitMQ", "message queue"],
  ],
  ops: [
    [0, "Deploy staging environment", "release process"],
    [4, "Configure Nginx redirect to HTTPS", "web server"],
    [7, "Roll back production", "deployment"],
    [9, "Create Grafana dashboard for latency", "monitoring"],
  ],
  build: [
    [0, "Upgrade React to next major version", "React project"],
    [2, "Set up ESLint and Prettier", "JavaScript tooling"],
    [5, "Migrate from Webpack to Vite", "build tooling"],
    [13, "Switch monorepo to pnpm workspaces", "monorepo"],
  ],
  data: [
    [0, "SQL query for top customers by revenue", "sales data"],
    [4, "Create migration for nullable column", "orders table"],
    [6, "Calculate median response time per endpoint", "log analysis"],
    [12, "Convert JSON dump to Parquet", "data conversion"],
  ],
  other: [
    [5, "Name suggestion", ""],
    [6, "Write a short poem", ""],
    [14, "Resume the conversation", ""],
    [15, "Commit approval", ""],
  ],
};

export const HARMLESS_HINTS: readonly HarmlessHint[] = [
  ...labelled(ABOUT_LABELLED),
  ...others(),
  ...labelled(IN_ITS_WORDS),
];

function labelled(about: typeof ABOUT_LABELLED): HarmlessHint[] {
  return Object.entries(about).flatMap(([category, hints]) =>
    hints.flatMap(([place, task, project]) =>
      both(LABELLED_PROMPTS[category as Category][place] ?? "", task, project),
    ),
  );
}

function others(): HarmlessHint[] {
  return ABOUT_OTHERS.flatMap(([prompt, task, project]) => both(prompt, task, project));
}

function both(prompt: string, task: string, project: string): HarmlessHint[] {
  return [task, project].filter((hint) => hint !== "").map((hint) => ({ prompt, hint }));
}
