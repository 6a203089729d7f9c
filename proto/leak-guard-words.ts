/**
 * The words that a hint may be made of. Plain words of software work and of common lines of business, in English.
 * Left out on purpose, though they are words: given names and surnames (mark, grace, hunter, west), months that are
 * names, colours, animals, plants, stones, planets, weather and whatever else code names and companies are made of,
 * and the words that spell letters or digits.
 */

export function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** As they stand. */
export const EXACT_WORDS = words(`
a an the and or nor but of to in on for with from by at as into onto over under between across after before during per
via without within when where which that this these those its their it they them is are was be been being has have had
does not no only all any each every some more most less least new old both same other others another than then out up
down off so if while until how what why whether can cannot should must also too very just still yet again already
instead rather such upon about around through throughout against along among behind beside besides beyond despite else
even ever never always often once twice first second third last next previous current one two three few many much
several own self itself either neither because since though although unless there here us we our you your i18n l10n
a11y k8s s3 ec2 oauth2 http2 http3 utf8 utf-8 ipv4 ipv6 x86 arm64 es6 base64 sha256 md5 2d 3d 2fa vs etc eg ie data
metadata media criteria indices vertices matrices analyses analysis diagnosis basis axis children people men women
staff software hardware firmware middleware malware freeware feedback progress information advice knowledge equipment
traffic music news physics mathematics math maths bank billing cash tax vat kpi kpis crm erp hr pos sku skus roi etl
bi sla slas faq faqs gdpr pii api apis sdk sdks cli clis gui guis ui uis ux ide ides os oses db dbs sql nosql orm orms
http https html css scss dom xml json yaml toml csv tsv pdf pdfs svg png jpeg gif ascii unicode regex regexes url urls
uri uris dns tls ssl tcp udp ip ips vpn vpc ssh ftp sftp smtp imap jwt jwts saml sso oauth oidc ldap rbac acl acls
csrf xss cors csp crud rest rpc grpc sse websocket websockets webhook webhooks graphql ci cd qa pr prs ml ai llm llms
nlp ocr gpu gpus cpu cpus ram ssd iot ar vr sms mms gps nfc rfid qr npm pip jsx tsx es esm cjs wasm jvm gc cdn cdns
cms seo spa pwa mvp rfc rfcs adr adrs utc gmt tz iso uuid uuids guid guids id ids todo todos readme changelog wip ok
na io ttl lru fifo lifo kv kb mb gb mfa totp otp iam dkim spf hsts ddos waf siem lan wan wifi usb hdmi pci dma irq
bios uefi vm vms
`);

/** Also with -s, -ed and -ing. */
export const VERBS = words(`
accept access accompany accomplish accumulate achieve acknowledge acquire activate adapt add address adjust adopt
advance advise affect afford aggregate agree aim align allocate allow allowlist alter amend analyse analyze animate
annotate announce anonymise anonymize answer anticipate apologize appear append apply apportion appreciate approve
archive argue arise arrange arrive ask assemble assert assess assign assist associate assume assure attach attempt
attend attract attribute audit authenticate author authorise authorize autocomplete autofill autoformat autogenerate
autolink automate autosave autoscale avoid await back backport backtrack balance batch become begin believe belong
benchmark bind bisect blacklist blame blend block blocklist book boost bootstrap borrow bother bound break break-even
bring broaden browse brush buffer build bulk bundle bypass cache calculate calibrate call cancel cap capture care
catch categorise categorize cause center centralize certify chain change charge chart check cherry-pick choose chunk
cite claim clarify clash classify clean clear click clone close cluster coalesce collapse collect color combine
comment commit communicate compact compare compensate compile complete comply compose compress compute concatenate
concentrate conclude condense configure confirm conflict confuse connect consider consolidate constrain construct
consume contact contain containerise containerize continue contrast contribute control convert coordinate cope copy
correct correlate correspond count couple cover crack crash crawl create criticize crop crosscheck crosslink customise
customize cut deactivate deal debate debounce debug decide declare decline decode decommission decompile decompose
decompress decorate decouple decrease decrement decrypt dedicate dedupe deduplicate deepen default defer define
defragment degrade deinterleave delay delegate delete deliver demand demarcate demonstrate demote demystify
denormalize denote deny denylist depend depict deploy deprecate deprioritize deprovision dereference derive desaturate
describe deserialise deserialize deserve design despawn detach detail detect deteriorate determine develop devise
diagnose differ differentiate dig digest digitize diminish direct disable disagree disallow discard disconnect
discount discourage discover discriminate discuss dismiss dispatch display dissolve distribute diversify divide do
dockerize document dominate double download downsample downscale downsize draft drag drain draw drive drop dump
duplicate earn ease edit eliminate embed embrace emerge emit emphasize emulate enable enact encapsulate enclose encode
encourage encrypt end endanger endorse endure enforce engage enhance enjoy enlarge enqueue enrich enroll ensure entail
enter enumerate envision equalize equip erase escalate escape establish estimate evaluate evict evolve examine exceed
excel exchange exclude excuse execute exercise exist exit expand expect expire explain exploit explore export expose
express extend externalize extract facilitate fade fail fall fallback fasten feed fetch file fill filter finalise
finalize find finish fit fix flag flash flatten flip float flow flush focus fold follow force forecast forget fork
form formalize format formulate forward free freeze freshen front fulfil fulfill function gate gather generalize
generate get give glue go govern graph greet group grow guard guess guide hand handle hang harden harmonize hash
hasten help hesitate hide highlight hint hire hit hold hook host hot-reload hot-swap hurt hydrate identify ignore
illustrate imagine imitate impair impersonate implement imply import impose improve improvise include incorporate
increase increment incur index indicate induce infect infer inflate inflict inform inherit initialise initialize
inject inline innovate inquire insert insist inspect install instantiate instruct instrument integrate intend
intensify intercept interleave interpolate interpret interrogate interrupt intersect interview introduce invalidate
invert invest investigate invite invoice invoke involve isolate issue iterate join joke judge juggle jump justify keep
kick knock know label lack land launch lay layer lead leak learn leave lengthen let level leverage license lift liken
limit line link lint list listen live load localise localize locate lock log look loop loosen lose lower lure magnify
maintain make manage mandate manipulate map mash match materialize mature maximize mean measure meet memoise memoize
memorize mention mentor merge message meter migrate minify minimise minimize mirror misconfigure mislead misplace
misread miss misuse mitigate mix moan mock model moderate modernise modernize modify modularize monitor motivate mount
move multiply mute nail name navigate neglect negotiate nest normalise normalize note notify nudge number obey
obfuscate oblige observe obtain occur offend offer offload omit onboard open operate oppose optimise optimize
orchestrate order organise organize originate outline outperform output outsource outweigh overflow overhaul overlap
overload override oversample oversee overwrite own pack package pad paginate paint pair parallelize parameterize
parametrize parse participate partition pass paste patch patrol pause pay peek penalize perceive perform permit
persevere persist personalize persuade phrase pick pile pin ping pinpoint pipe pitch place plan play pledge plot plug
point poke polish poll pool populate port portray position possess post postpone practice precede predict preempt
prefer prefetch prefill prefix preload prepare prepend prepopulate preprocess prerender prescribe preselect present
preserve presign press presume pretend pretrain prevent preview print prioritise prioritize probe proceed process
procure produce profile program prohibit project prolong promote prompt pronounce proofread propagate propose
prosecute protect prototype prove provide provision provoke proxy prune publish pull punish purchase purge push put
qualify query question queue quit quote raise randomize range rank rate re-enable reach react reactivate read realise
realize rearchitect rearrange reassess reassign reassure reauthenticate rebalance rebase rebuild recalculate recap
receive recheck reckon recognize recommend recompile recompute reconcile reconnect reconsider reconstruct record
recover recreate recur recycle redeem redesign redirect redo reduce refactor reference refill refine reflect refresh
refund regain regard regenerate register regress rehash rehearse reimburse reindex reinforce reissue reject relabel
relate relaunch relax release reload relocate rely remain remap remember remind remodel remove rename render renew
reopen reorder reorganize repair repay repeat rephrase replace replay replicate reply repopulate report represent
reprocess reproduce request require reroute rerun resample rescale reschedule research reseed resemble resend reserve
reset reshape reside resign resist resize resolve respawn respect respond restart restate restock restore restrict
restructure restyle resubmit resume resurface resync retag retain retarget retest rethink retrain retrieve retrofit
retry return reupload reuse revalidate reveal reverse revert review revise revisit revoke rewind rewire reword rework
rewrite rid roll rotate round route run rush salvage sample sandbox sanitise sanitize satisfy save scaffold scale
scan scatter schedule scope score scrape scratch screen scroll scrutinize seal search seat secure seed seek seem
segment select send sense separate serialize serve set settle setup shadow share sharpen shift ship shop
shorten shout show shrink shuffle shut sign simplify simulate sketch skim skip sleep slice slide slow smell smooth
snap snapshot solidify solve sort sound spawn specialise specialize specify spell split spot spread stabilize stack
stage stall stamp standardise standardize start starve state stay steer step stick stimulate stop store stream
streamline strengthen stress stretch strike strip strive structure struggle study style subclass subdivide sublet
submit subsample subscribe substitute subtract succeed suffer suggest suit sum summarise summarize supersample
supersede supervise supply support suppress surface surpass surround survive suspect suspend sustain swap sweep swipe
switch sync synchronise synchronize tackle tag take talk tally tamper tap teach tear tease tell template tend
terminate test think throttle throw tick tidy tie tighten tilt time toggle tokenize tolerate toss touch tour trace
track trade train transact transcribe transfer transform transition translate transmit transport transpose traverse
treat trigger trim troubleshoot truncate trust try tune turn tweak type unblock uncheck uncomment uncover undergo
underline undersample understand undo unescape unflatten unfollow unfreeze unify uninstall unite unlink unlock unmount
unmute unpack unpin unregister unroll unshare unstage unsubscribe untag untangle unwrap unzip update upgrade uphold
upload upsample upscale urge use utilize utter validate value vanish vary vectorize veil verify version view visit
visualise visualize vote wait waive walk wander want warm warn warrant wash watch weaken weigh whitelist widen wire
wireframe wish withhold witness wonder work worry wrap wreck write yield zip
`);

/** Forms that no rule makes. */
export const IRREGULAR = words(`
arisen arose became become began begins begun behalf bent bills bought bound bred broke broken brought built came
caught chose chosen clung could crept cut dealt did died done drawn driven drove dug dying fallen fed fell felt
forbidden forgot forgotten fought found froze frozen gave given gone got gotten grew grown held hid hidden hit hung
kept knew known laid led left lent lies lost lying made meant met might outdated overridden overseen overwritten paid
paid-for put quit ran read rebuilt redone reread reset rewritten rewrote rid risen run said saw seen sent shown shrunk
shut slept slid sold sought spent split spoken spread spun stolen stood stricken struck strung stuck sung sunk swept
sworn swum taken taught thought threw thrown ties told took tore torn tying undergone understood underway underwent
undid undone went withdrawn withheld woken wore worn would written wrong-doing wrote
`);

/** Also with -ly. */
export const ADJECTIVES = words(`
able abrupt absent absolute abstract accessible accidental accurate active actual acyclic ad-hoc adaptive additional
adequate adjacent administrative adult advanced agile agricultural alike alphabetical amateur ambiguous ample analog
ancient annual anonymous anxious appropriate approximate arbitrary architectural arid arithmetic array-based
artificial ascending asymmetric async asynchronous athletic atomic attractive audible authentic automatic autonomous
available average aware awkward back-end backward backward-compatible backwards-compatible bad balanced basic
beautiful best better bidirectional big bigger biggest bilateral bilingual binary biological bitter biweekly blank
blocking boilerplate bold boolean boot-time brief brittle broad broken brownfield browser-based build-time built-in
bulk bureaucratic busy calm canonical capable carbon-neutral careful cascading case-insensitive case-sensitive casual
causal central certain charitable cheap cheaper chemical chronological circular civic civil classic classical clean
cleaner clear clearer clever client-side climatic clinical close closed closer cloud cloud-based coarse coastal
cognitive cold collaborative collapsible columnar columned commercial common communal compact comparable compatible
competitive compile-time complete complex compliant composable composite comprehensive compulsory computational
concise concrete concurrent conditional confidential configurable confusing congressional consecutive consistent
constant contemporary contextual contiguous continental continuous controllable convenient conventional cool
cooperative corporate correct corrupt cost-effective costly covered cozy criminal critical cross cross-browser
cross-compiled cross-platform cryptic cryptographic culinary cultural cumulative curious current custom
customer-facing customizable cute cyclic daily dangerous dark data-driven dated day-to-day dead declarative dedicated
deep deeper defensive definite deliberate delicate demographic dense dental dependent descending desirable
deterministic different difficult digital dim diplomatic direct dirty disabled disjoint distinct distributed diverse
domain-driven domestic dominant double downstream draggable drop-in dry dual due dull dumb durable dutiful dynamic
eager earlier earliest early easier easiest eastern easy ecological economic editorial educational effective efficient
elaborate elastic elder elderly electric electrical electronic elegant eligible embedded emotional empirical empty
encrypted end-to-end end-user endless enough entire environmental ephemeral equal equestrian equivalent essential
ethical ethnic event-based event-driven eventual evident exact excellent excessive exclusive executable existing
exotic expensive experimental explicit exponential extensible extensive external extra faint fair faithful false
familiar fast faster fatal fault-tolerant faulty favorable feasible federal feminine fewer file-based final financial
fine fine-grained finite first-class first-time fiscal fit fixed flaky flat flawless flexible floating fluent foreign
forensic formal former fortnightly forward-compatible fragile free frequent fresh friendly front front-end full
full-screen full-stack full-text full-time functional fundamental funny fuzzy general generic genetic gentle genuine
geographic geological geometric geospatial global gloomy good governmental graceful gracious gradual granular
graphical greedy greenfield grim gross half hands-free handy happy hard harder hardest harmful harmless headless
healthy heavier heavy helpful heterogeneous hidden hierarchical high high-level higher highest highly-available
historic historical holistic hollow homogeneous horizontal hot hourly huge human-readable humanitarian humid humorous
hybrid hydraulic hypothetical ideal idempotent identical idiomatic idle illegal immediate immune immutable impartial
imperative implicit important impossible improper in-app in-memory in-place inaccurate inactive incoming incomplete
inconsistent incorrect incremental independent index-based indirect individual industrial ineffective inefficient
infectious inferior infinite inflexible informal initial inland inner insecure inside instant instantaneous
instrumental insufficient intact integral intellectual intelligent intensive intentional interactive interior
intermediate intermittent internal internal-only international internet intricate intrinsic introductory intuitive
invalid inverse invisible irregular irrelevant isolated iterative joint judicial junior key large larger largest late
later latest layered lazy leading lean left legacy legal legible legitimate lenient lesser lexical lifelong light
lighter lightweight likely limited linear linguistic liquid literal literary live local location-based logarithmic
logical logistic long-lived long-running long-term longer longest loose looser lossless lossy loud low low-level lower
lowest loyal lucid lucky machine-readable mad magnetic main maintainable major malformed managerial mandatory manual
marginal marine masculine massive maternal mathematical mature maximal meaningful mechanical medical medicinal medium
mental mere meta microscopic mid-term mighty military mini minimal minor minority misaligned misleading missing mixed
mobile mobile-first modal moderate modern modest modular molecular monolithic monotonic monthly moral motorized multi
multi-column multi-language multi-line multi-page multi-region multi-stage multi-step multi-tenancy multi-tenant
multi-user multilingual multinational multiple municipal musical mutable mutual mythical naive narrow national native
natural nautical near nearby nearest neat necessary negative nested neural neutral newer newest nice nicer nightly
noisy nominal non-blocking non-technical normal northern notable noticeable novel null nullable numeric numerical
nutritional objective obscure obsolete obvious occasional occupational odd off-site official offline older oldest
on-call on-demand on-premise on-site one-off one-time one-way ongoing online opaque operational opinionated opposite
opt-in opt-out optical optimal optimistic optional oral orbital ordinary organic organizational original orphaned
out-of-date out-of-memory out-of-order outbound outer outgoing overall overdue overlapping oversized own paid painful
painless pale parallel parental parliamentary part-time partial particular passive password-less password-protected
passwordless past paternal pay-as-you-go pediatric peer-to-peer pending perfect periodic permanent permissive
persistent personal pessimistic petty pharmaceutical philosophical photographic physical plain plausible pleasant
plural poetic polite political polymorphic poor poorer popular portable positive possible post-commit post-deployment
post-release postal potential powerful practical pre-commit pre-filled pre-release precise predictable premature
premium prenatal present presentational pretty previous primary primitive private probable problematic procedural
production-ready productive professional profitable progressive prominent prompt proper proportional proprietary
psychological public pure quadratic quaint qualitative quantitative quarterly quick quicker quickest quiet racial
radioactive random rapid rare raw reactive read-only readable ready real real-time realistic realtime reasonable
recent reciprocal reckless recursive redundant regional regular regulatory relational relative relevant reliable
religious reluctant remaining remarkable remote repeatable repetitive representative reproducible required residential
resilient respective responsible responsive restful retroactive reusable reverse reversible richer right rigid
rigorous ripe risky robust role-based rotating rotten rough round rude rule-based run-time runnable rural sacred sad
safe safer salty sane satisfactory scalable scarce scary scenic scientific searchable seasonal second-class secondary
secure seismic selective self-hosted self-service selfish semantic semi senior sensible sensitive sequential serial
serious server-side serverless shallow shared sharp short short-lived short-term shorter shortest shy side-by-side
significant silent silly similar simple simpler simplest simplistic simultaneous sincere single single-page
single-sign-on single-tenant single-user sized skilled slight slim slow slower sly small smaller smallest smart
smarter snappy sober social soft sole solid sophisticated sortable sound sour southern spare sparse spatial special
specific speculative spicy spiritual spurious square stable stale standalone standard stateful stateless static
statistical steady steep step-by-step sticky stiff straight straightforward strange strategic strict strong stronger
structural structured stubborn subjective subsequent subtle successful sudden sufficient suitable super superfluous
superior supplementary sure surgical surprising suspicious sustainable sweet symbolic symmetric sympathetic
synchronous syntactic synthetic systematic tabular tall tame tasty technical tedious teenage telephonic temporal
temporary tentative terse test-driven text-based textual theatrical theoretical thermal thick thin third-party
thorough thread-safe three-way tight tighter time-based time-sensitive tiny tiresome token-based top top-level
topographic total tough toxic traceable traditional trailing transactional transient transitive transparent tricky
trivial tropical true trustworthy two-factor two-step two-way typed typical ugly ultimate ultrasonic unable
unambiguous unassigned unattended unauthorized unavailable unaware unchanged unclear uncommon unconditional uncovered
undefined undergraduate underlying undesirable undocumented unencrypted uneven unexpected unfamiliar unfinished
unhandled unhealthy unidiomatic unified uniform unilateral uninitialized unintended uninterrupted unique universal
unknown unlikely unlimited unnecessary unofficial unopinionated unordered unpaid unpredictable unpublished unreachable
unread unreadable unreliable unresolved unresponsive unsafe unsaved unseen unskilled unsorted unstable unstructured
unsubscribed unsuccessful unsupported untested untrusted untyped unusable unused unusual unverified unwanted up-front
up-to-date upcoming upfront upper upset upstream upward urban urgent usable usage-based useful useless user-facing
user-friendly usual vague vain valid valuable variable various vast vectorized vegan vegetarian vegetative verbose
versatile vertical veterinary viable vibrant vintage viral virtual visible visionary visual vital vivid volatile
volcanic voluntary vulnerable warm weak weaker wealthy wearable weary web-based weekly weird well western whole
wholesale wide wider widespread wireless worldwide worse worst worth worthwhile write-only wrong yearly younger
youngest zero
`);

/** Languages, tools and platforms that anybody uses, and how they are written. */
export const TECHNOLOGIES = words(`
TypeScript JavaScript Python Java Kotlin Rust Go Golang Swift Scala Haskell Elixir Erlang Clojure PHP Perl Dart Lua
Zig COBOL Fortran MATLAB C C++ C# F# Objective-C Bash PowerShell Shell HTML CSS Sass SCSS Tailwind Bootstrap LaTeX
Markdown MDX React Vue Angular Svelte SvelteKit Solid Preact Next.js Nuxt Node.js Node Deno Bun Express Express.js
NestJS Nest Fastify Hono Koa Vue.js D3 D3.js Three.js Redux Zustand MobX jQuery Ember Remix Electron Tauri Vite
Webpack Rollup esbuild Babel ESLint Prettier Jest Vitest Mocha Playwright Selenium Storybook Puppeteer pytest JUnit
RSpec Cucumber Postman Swagger OpenAPI GraphQL gRPC REST tRPC Protobuf Avro Thrift Django Flask FastAPI Pydantic
SQLAlchemy Celery Pandas NumPy SciPy PyTorch TensorFlow Keras Jupyter Spark Hadoop Airflow dbt Kafka RabbitMQ NATS
MQTT Spring Hibernate Quarkus Micronaut Gradle Maven Rails Laravel Symfony WordPress Drupal Magento .NET ASP.NET
Blazor Unity Unreal Godot Flutter Expo Android iOS macOS Linux Windows Ubuntu Debian Fedora Alpine Unix POSIX Chrome
Firefox Safari Edge WebKit Chromium SQL MySQL PostgreSQL Postgres SQLite MariaDB MongoDB Redis Memcached DynamoDB
Elasticsearch OpenSearch ClickHouse BigQuery Snowflake Redshift DuckDB Parquet Prisma Drizzle Kubernetes Docker Helm
Terraform Ansible Pulumi Nginx Apache Traefik Envoy Istio Prometheus Grafana OpenTelemetry Datadog Sentry Kibana
Logstash Fluentd AWS Azure GCP Lambda CloudFormation Cloudflare Vercel Netlify Heroku GitHub GitLab Bitbucket Git SVN
CI CD DevOps SRE VSCode Vim Emacs npm pnpm Yarn pip Poetry Conda Cargo CMake Bazel Make NPM LLVM GCC Clang CUDA OpenGL
WebGL WebGPU Vulkan WebRTC WebAssembly WebSocket OAuth OAuth2 OpenID SAML JWT TLS SSL HTTP HTTPS HTTP/2 TCP UDP DNS
SSH API URL UUID JSON YAML TOML XML CSV PDF Excel English German French Spanish Italian Dutch Portuguese Japanese
Chinese Korean Unicode ASCII UTF-8 Bluetooth Wi-Fi Arduino Verilog VHDL Solidity LangChain RAG MCP SaaS B2B B2C DOM
CSSOM PWA ORM IDE
`);
