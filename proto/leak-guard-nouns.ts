/** The nouns that a hint may be made of, as leak-guard-words.ts says. */
import { words } from "./leak-guard-words.ts";

/** Also with -s. */
export const NOUNS = words(`
abbreviation ability abstraction acceleration accent acceptance accessibility accident account accounting accuracy
achievement acid acknowledgement acquisition action activation activity actor actuator adapter addition adjustment
admin administration administrator admission adult advantage advert advertisement advice affair afternoon age agenda
agent aggregation agreement aid airline airport aisle alarm alcohol alert alerting algorithm alias alignment alley
allocation allocator allowance alternative ambiguity amendment amount analogy analyst analytics analyzer ancestor
anchor animal animation ankle anniversary annotation announcement anomaly anonymization apology app appeal appearance
appendix appetite applicant application appointment approach approval approximation arc architecture archive area
argument arithmetic arm array arrival arrow article artifact aspect assembly assertion assessment asset assignment
assistance assistant association assumption asynchrony atom attachment attack attempt attendance attention attic
attribute attribution auction audience audio audit aunt authentication author authority authorization automation
autoscaler availability avatar average award awareness axis baby backbone backdrop backend background backlog backoff
backup badge baggage balance balancer ball balloon band bandwidth banner bar barcode bargain barrel barrier base
baseline basement basket batch bath battery baud beach beam beard bed bedroom beer beginner behalf behavior
behaviorist behaviour belief belt bench benchmark benefit bias bidding binary binding biography birth birthday
birthplace bit bite blade blanket blend block blocker blog blood blueprint board boat body body-text boilerplate bone
bonus booking boolean boot border borrowing bot bottle bottleneck bottom boundary bowl box boxplot boy bracelet
bracket brain branch brand breach breadcrumb breakdown breakfast breakpoint breath breeze brick bridge browser bubble
bucket budget buffer bug build builder building bulb bullet bump bunch bundle bundler burden bus business butter
button buyer byte bytecode cabin cabinet cable cache calculation calculator calendar calibration callback callee
caller calorie camera campaign canary-release cancellation candle canvas capability capacity captcha caption car card
cardinality care carousel carrier cart carton case cast catalog catalogue category cause ceiling cell centre
certificate certification chain challenge change channel chapter char character charge chargeback chart chat chatbot
check check-in check-out checkbox checker checklist checkout checkpoint checksum chitchat choice chunk churn cipher
circle circuit circumstance city claim clarification clarity class classification classifier clause cleanliness
cleanup clearance click client clinic clipboard clock clone closure cluster clustering co-worker code codebase codec
coefficient cohesion cohort coin collaboration collateral colleague collection collector collider collision column
combat combination combo comedy command comment commerce commission commit commonality community company comparison
compatibility competition competitor compiler completeness completion complexity compliance component composition
compression computation computer concept concern conclusion concurrency condition conference config configmap
configuration confirmation conflict confusion connection connector consensus consent consequence consistency console
constant constraint construction constructor consumer consumption contact container content context continuation
contract contractor contrast contribution contributor control controller convention conversation conversion converter
cookie coordinate coordinator copy core corner coroutine corpus correction correctness correlation corridor corruption
cost count countdown counter counterargument counterpart country county coupling coupon course court coverage coworker
crash crate crawler creation creator credential credit criterion crossing crosstab crowd cup currency curriculum
cursor curve customer customization customs cutover cycle danger dashboard database dataset date datetime day deadline
deadlock deal dealer debt debugger decision declaration decoder decorator decryption default defect defence defense
deficit definition degree delay delegation deletion delimiter delivery demand demo department dependency deployment
deprovisioning depth derivative description descriptor deserialization design designer desk desktop destination detail
detection detector developer development deviation device diagnosis diagnostic diagram dialog dialogue dictionary diet
diff difference digest dimension direction directive directory disability disaster disc discharge discount discovery
discrepancy discussion disk dispatcher display distance distribution division doc docker docs docstring doctor
document documentation domain door dosage dot double doubling downgrade download downside downtime draft drawback
drawer drift drill drilldown drive driver drone dropdown dropoff dump duplicate duplicates duplication duration dust
duty ear earth edge edit edition editor education effect effectiveness efficiency effort egress election element
elevator eligibility email embargo embedding emergency emoji employee employer emulator encapsulation encoder encoding
encryption end endpoint energy engagement engine engineer engineering enrollment enterprise entity entrance entry enum
enumeration environment epic episode epoch equality equation error escalation escape estimate estimation evaluation
evaluator event event-loop eviction evidence exam example exception exchange exclusion execution executor exercise
exhaust expansion expectation expense experience experiment expert expiration expiry explanation explorer export
exporter exposure expression extension extraction extractor eye face facility fact factor factory failover failure
fairness fallback family fare fashion fault favorite feature federation fee feed field figure file filename filesystem
filter finance finding fine finger fire firewall firmware fix fixture flag flakiness flavor fleet flexbox flight floor
flow flowchart fluid folder follower font foot footer footprint forecast foreground foresight form formality format
formatter formatting formula forum foundation fraction fragment frame framework fraud freight frequency freshness
fridge friend frontend fuel fulfillment function functionality fund funding fundraiser fundraising funnel furnace
gallery game gameplay gap garage garbage gateway gauge gear generation generator generic geography geometry gist glass
glitch glossary glove goal goods goroutine gossip government grade gradient grading grain grammar graph graphic
graphics gravity greeting grid grocery groundwork group growth guarantee guard guardrail guess guesswork guest
guidance guide guideline gym habit hair half hand handler handling handoff handover handshake harness hash hashing
hazard head header heading headline health healthcare heap hearing heartbeat heatmap height helper hierarchy highlight
hinge hint hire histogram history hold holiday homepage hook hose hospital host hosting hotel hotfix hour house
household housing hub human humidity humor hydration hyperparameter hypothesis icon idea idempotency identification
identifier identity idiom image impact impersonation implementation implication import importer impression improvement
inbox inch incident income index indexer indexing indicator industry infant inference information infrastructure
ingestion ingredient ingress inheritance initialization initializer injection injector inline inlining input inquiry
insertion insight inspection inspector installation installer instance instruction instructor instrument
instrumentation insurance integer integration integrity intent interaction interceptor interest interface interior
interpolation interpreter interrupt interval interview introduction inventory inversion investigation investment
investor invitation invoice invoicing isolation issue item iteratee iteration iterator itinerary jar job join journal
journey judge junction justification kernel key keyboard keyword kickoff kid kind kit kitchen knee knife knob lab
label laboratory ladder lake lakehouse lambda lamp land landlord landmark language laptop latch latency launch
launcher law lawyer layer layoff layout lead leader leaderboard leaf leak leakage learner learning lease leasing leave
ledger leg legend length lens lesson level leverage lexer library licence license licensing lid lifecycle lifespan
lifetime lift limit limitation limiter line link linkage linker linter linting lip list listener listing liter liver
load loader loading loan locale localization location lock locking lockout log logger logging logic login logistics
logo logout lookback lookup loop loophole loss loyalty lung machine macro magnet magnitude mail mailbox mailer mailing
mainframe maintainability maintainer maintenance majority makeover maker management manager manifest manual
manufacturer manufacturing map mapper mapping margin markdown marker market marketing marketplace markup mart mask
master matcher material matrix maximum meal meaning measure measurement meat mechanism medication medicine meeting
member membership memo memoization memory mention menu merchant merge mesh message messaging meter metering method
metric microphone microscope microservice middle middleware migration milestone milk mind mindset mineral minimum
minute mirror mismatch mission mistake mixin mixture mobile mock mocking mockup modal mode model modeling modelling
moderation moderator modification modifier module moisture moment money monitor monitoring monolith monorepo month
mood mortgage motion motor mount mouse mouth movement movie multiplayer multiplication muscle museum mutation mutator
mutex name namespace naming narrative navbar navigation neck need needle negotiation neighbor nerve nest network
networking newbie newcomer newsletter newsroom node noise nonce normalization nose notation note notebook notice
notification number nut nutrition object objection objective observability observation observer obstacle occupancy
occurrence offboarding offer office offset offspring on-call onboarding operand operation operator opinion opportunity
optimization optimizer option orchestration orchestrator order ordering organisation organization origin outage outbox
outcome outlier outline outlook output oven overflow overhead overlap overlay overload override oversight overview
owner ownership oxygen pace package packaging packet packing padding page pager pagination paging pain pair palette
pan panel paper paperwork paragraph parallelism parameter parcel parent parity parking parser parsing part participant
particle partition partitioning partner partnership party passenger passkey passport password patch path pathfinding
patient pattern pause payback payload payment payout payroll payslip peak pedestrian peer pen penalty pencil pension
people percentage percentile performance period permission permit persistence person personalization perspective phase
phone photo photography phrase physician physics piano picker picking picture piece pill pillar pillow pipe pipeline
pit pivot pixel place placeholder placement plan planner planning plant plastic plate platform playback playbook
player playground playlist plot plugin pluralization pocket pod podcast poem point pointer pole policy poll polling
polymorphism pool pooling popover population popup port portal portfolio portion position possibility post postcode
poster postmortem pot powder power practice prayer precision predicate prediction preference prefix premise premium
preparation preprocessing preprocessor prescription presence presentation presenter preset pressure prevention preview
price pricing primitive principal principle printer printing priority privacy privilege probability probe problem
procedure process processing processor procurement producer product production productivity profile profiler profiling
profit program programme programmer programming progression project projection promise promotion prompt proof
proof-of-concept propagation property proposal proration protection protocol prototype prototyping provider provision
provisioning proxy pseudonym pseudonymization publication publisher publishing punctuation purchase purchasing purpose
pushback quality quantity quarter query quest question questionnaire queue quickstart quiz quorum quota quotation race
radio radius rail rain raise range ranking rasterizer rate rate-limit rate-limiter rating ratio rationale
raytracer re-rendering reaction readability reader readiness reading readout reality reason reasoning recall receipt
receiver reception recipe recipient recommendation recommender reconciliation reconnection record recorder recording
recovery recruiting recruitment recursion redaction redesign redirect redirection reducer reduction redundancy
refactor refactoring reference referral reflow refresh refund refusal region register registration registry regression
regulation rehydration reimbursement rejection relation relationship release relevance reliability reminder remote
removal remuneration renderer rendering renewal rent rental repaint repair repayment repetition replacement replay
replenishment replica replication reply repo report reporter reporting repository representation reproduction
reputation request requirement research reservation reset residency resident resilience resizing resolution resolver
resource response responsibility responsiveness restaurant restoration restore restriction result resume retail
retailer retention retries retrieval retry return revenue review reviewer revision revocation reward rewrite rhythm
ride rider risk road roadblock roadmap robot robustness role rollback rollout rollup roof room root rope roster
rotation round rounding route router routine routing row rubber rule ruleset run runbook rundown runner runtime
safeguard safety sail salary sale sales salt salting sample sampler sampling sand sandbox sanitization satellite
satisfaction saving scaffold scaffolding scalability scale scaling scanner scanning scatterplot scenario schedule
scheduler scheduling schema scheme scholarship school science scientist scissor scope score scoreboard scoring scraper
scraping screen screening screenshot script scripting scroll scrollbar scrolling sdk seal search searching season seat
second secret section sector security seed seeding segment segmentation selection selector self seller semantics
semaphore sender sending sense sensor sentence sentiment separation separator sequence serialization serializer series
server service session setback setting settlement setup severity shader shadow shape shard sharding share sharing
sheet shelf shell shift shipment shipping shirt shoe shop shopper shopping shore shortcut shortlist shoulder side
side-effect sidebar sidecar sign-in sign-off sign-up signal signature signing signpost signup silk silo simplification
simulation simulator singleton site sitemap situation size sizing skeleton skill skin sleeve slide slider slot
slowdown slug small-talk smalltalk smoke smoothing snack snapshot snippet soap sock socket soil solution solver
sorting sound soup source space spacing spam span spawner speaker spec specification spectrum speech speed speedup
spelling spending spike spinner spinoff split splitting sponsor spoon sport spotlight spreadsheet spring sprint sprite
spy square stability stack stage stagger staging stair stakeholder standard startup state statement station statistic
statistics status steam steering stemmer step stepper stepping stick stock stock-keeping stomach stopgap stopwatch
storage store storefront story storybook stove strategy stream streamer streaming street strength string stringency
struct structure stub student studio study style stylesheet styling subclass subdomain subject submission subnet
subquery subscriber subscription subset substitution subsystem subtask subtitle subtotal subtraction subtree success
suffix sugar suggestion suit suite summarization summary sun superclass supplier supply support supporter surface
survey suspension switch switchboard switching symbol symmetry symptom sync synchronization syntax synthesis system
tab table tablet tag tagging tail takeaway takeover talk tank tape target tariff task tax taxation taxi taxonomy tea
teacher team teammate teardown technique technology telemetry telephone temperature template templating tenancy tenant
tent term terminal terminology test tester testing text texture theater theme theming theory thermostat thing
thoroughness thought thread threading threat threshold throttling throughput throwaway thumbnail ticket ticketing tier
tile timeframe timeline timeliness timeout timer timesheet timestamp timestep timezone timing tip tire tissue title
toast toe toggle token tokenization tokenizer tolerance tongue tool toolbar toolchain tooling toolkit tooltip tooth
topic topology torque total touchpoint tour tourism tournament towel trace tracing track tracker tracking trade
trade-off tradeoff trader trading tradition train trainer training trait transaction transcript transcription transfer
transformation transformer transition translation translator transmission transparency transpiler transport
transportation travel traveler traversal treatment tree trend triage trial trigger trip troubleshooting truncation
trust trustworthiness truth tube tuning tunnel tuple turbine turnaround turnover tutor tutorial type typechecker
typeface typing typo typography underscore underwriting unification union uniqueness unit university unmarshaller
unmount update upgrade upkeep upload uploader upsell upside uptime usability usage use usefulness user username
utility vacation vaccination validation validator validity value valve variable variance variant variation vectorizer
vehicle vein velocity vendor vendoring venue verification version versioning vertex vessel vibration video view viewer
viewing viewmodel viewpoint viewport visa visibility visit visitor visual visualisation visualization vital vocabulary
voice volume volunteer voting voucher voxel vulnerability wage waiter waitlist walkback walkthrough wall wallet
warehouse warehousing warmup warning watch watcher watchlist watermark way weakness weapon weather web webpage
website wedding week weekday weekend weight wheel whitelist whitespace widget width wiki wildcard window wing wire
wireframe wishlist withdrawal wizard word wording work workaround workbench worker workflow workforce workload workout
workshop workspace worktree world wrapper wrist writer writing yard yardstick year zip-code zipcode zone zoom
`);

/** More lines of business, also with -s. */
export const BUSINESS = words(`
accountant adoption advertiser advertising advisor agency agriculture aircraft airfare ambulance annuity apartment
appliance appraisal apprentice arcade archaeology artist artwork astronomy athlete attorney auctioneer auditor
automobile aviation bakery banking baseball basketball beauty beverage bicycle bike billing biology biotech bookings
bookkeeping bookshop bookstore broadcast broadcasting brochure broker brokerage buffet cafe cafeteria candidate cargo
carpooling carsharing cashflow cashier catering charity checkin checkup chef chemistry chess childcare cinema citizen
classroom clothing coaching coffee collateral college comic commodity commuter compensation composer concert concierge
consignment consultant consultation consulting convoy cooking copyright cosmetic costing counselor courier courseware
courtesy creditor crew crisis crop crowdfunding cruise curriculum cutlery cycling dairy daycare dealership debit
debtor decor delicatessen dental dentist depot diary diet diner dinner diploma dispatch dispensary distributor
dividend donation donor dormitory dosage drama dress dues e-commerce eatery ecommerce economics economy election
electrician electricity embassy employment encyclopedia enrolment entertainment equity escrow estate estate-agent
ethics evacuation event-planning exam examination excursion exhibition expedition farm farming fertilizer festival
film fishing fitness fitting food football foreclosure forestry franchise freelancer funeral furniture gambling
gardening gas gastronomy genealogy genetics genome gift gig giveaway golf goodwill grading greenhouse grocer guild
hairdresser hallway handbook handicraft handyman hardware headcount heater heating helpdesk helpline herb
highway hiking hobby hockey homework horticulture hospitality hostel hygiene hypothesis icecream imaging immigration
inbound incentive incubation incubator injury inpatient installment instalment insurer intake intern internship
intersection inventor irrigation itinerary jewelry job-board journalism journalist judiciary kindergarten kiosk
kitchenware landing-page landscaping laundry lawsuit league lecture lecturer legislation lender lending liability
lifeguard liquidity liquor litigation livestock locker locksmith lodging lottery luggage lunch magazine manuscript
map-making marathon maritime matchmaking maternity memorial merchandise merchandising merger metal metro microfinance
midwife mining ministry mobility mooring motel motorcycle moving music musician mutual nanny neighborhood newborn
newspaper night-shift nonprofit notary novel nurse nursery nursing nutrition oncology ophthalmology optician optics
orchard orchestra orthopedics outfit outlet outpatient outsourcing parade paramedic parliament pastry patent patrol
payday payee payer pediatrics pet petition pharma pharmacist pharmacy philosophy photographer physiotherapy pickup
pilot plantation playground plumber plumbing poetry police politics pollution postage pottery poultry practitioner
pregnancy preschool press prison prize probation profession professor property-management prosecutor prosthesis
psychiatry psychology quarry racing radiology raffle railway rainfall real-estate realtor rebate receptionist
recycling referee refinery refugee rehabilitation relocation remittance renovation rescue reseller retirement
ridership ridesharing robotics rowing royalty rugby running runway rural sailing salon sanitation schooling sculpture
seafood secretary securities seminar sermon sewage shareholder shelter shipyard shuttle sightseeing sitter skating
skiing skincare snowboarding soccer sociology solar souvenir spa spare-part spectator sponsorship stable stadium
stationery stay-over steel stockroom stylist subcontractor subsidy subway supermarket supplement surfing surgery
surveying surveyor sustainability swimming syllabus tailor tannery tasting tattoo tavern tax-return taxpayer
team-building telecom telehealth telemedicine television tender tennis textbook textile theatre therapist therapy
timetable tobacco toll toolbox townhall toy tractor trademark tradesman trailer trainee tram transit truck
trucking tuition turnstile tutor tutoring undertaking underwriting upholstery utilities vaccination vaccine valuation
van-hire vending veteran veterinarian veterinary videography vineyard violation vocational volleyball waitlist
warranty waste watchmaking water weaving webinar welding welfare wellness whaling wheelchair wholesaler wildfire
wildlife wind windmill wine winery woodwork workout workplace workstation yachting yoga zoning zoo
`);
