import type { Category } from "#proto/categories.ts";

export interface Rule {
  category: Category;
  /** 3 says it, 2 points to it, 1 goes along with it. */
  weight: 1 | 2 | 3;
  /** On folded text: lower case, without accents. No part of it repeats within a repetition. */
  pattern: RegExp;
}

/** Only where the request begins: the first verb says most. */
export const OPENINGS: readonly Rule[] = [
  says(
    "feature",
    3,
    "add|implement|create|introduce|support|enable|allow|let (?:users|people|admins|me|customers)|make it possible|build (?:a|an|the|me|out)|extend|show|display|integrate|hook up|wire up",
  ),
  says(
    "feature",
    3,
    "we need (?:a|an|to (?:add|support|show|allow|let))|i (?:want|need|would like|'d like) (?:a|an|users|people|to (?:add|support|show|allow|let|have))",
  ),
  says(
    "feature",
    3,
    "fuge|implementiere|ergänze|erganze|erstelle|baue|ajoute|ajouter|implemente|cree|anade|agrega|crea|implementa|adicione|adiciona|aggiungi|voeg",
  ),
  says(
    "feature",
    1,
    "make|have|give|turn|when|users? (?:should|must|can)|customers? (?:should|must|can)|the \\w+ (?:should|needs?|must)|support for",
  ),
  says("feature", 2, "users? should be able to|customers? should be able to|admins? should be able to|a new"),
  says(
    "bugfix",
    3,
    "fix|repair|correct|resolve|patch|hotfix|mend|behebe|repariere|korrigiere|corrige|repare|arregla|conserta|corrija|correggi|repareer",
  ),
  says(
    "refactor",
    3,
    "refactor|rename|extract|clean|cleanup|tidy|simplify|split|restructure|reorganize|reorganise|deduplicate|dedupe|inline|modernize|modernise|decouple|untangle|move|consolidate|merge the two|unify|optimi[sz]e|speed up",
  ),
  says(
    "refactor",
    3,
    "refaktoriere|vereinfache|benenne|raume|refactorise|renomme|simplifie|refactoriza|renombra|simplifica|refatore|renomeie|rinomina",
  ),
  says(
    "refactor",
    2,
    "convert|replace|remove|delete|drop|make (?:this|the|it) (?:faster|cleaner|simpler|more readable)|use",
  ),
  says(
    "test",
    3,
    "test|write (?:a |an |some |more |the |me )?(?:[\\w-]+ ){0,3}tests?|add (?:a |an |some |more |the |missing )?(?:[\\w-]+ ){0,3}(?:tests?|specs?)|cover|mock|run (?:the |all )?(?:\\w+ )?tests?|increase (?:the )?coverage|schreibe? (?:[\\w-]+ ){0,3}tests?|ecris (?:[\\w-]+ ){0,3}tests?|escribe (?:[\\w-]+ ){0,3}(?:tests?|pruebas)",
  ),
  says(
    "debug",
    3,
    "debug|why|find out why|figure out why|investigate|diagnose|track down|troubleshoot|what(?:'s| is) (?:wrong|going wrong|causing|blocking)|(?:help me )?narrow (?:it |this )?down|tell me what went wrong|look (?:at|into|through) (?:the|these|this|those) (?:\\w+ )?(?:logs?|dump|trace|profile)|any ideas?|warum|wieso|weshalb|pourquoi|por ?que|perche|waarom|bisect|reproduce",
  ),
  says(
    "debug",
    2,
    "i(?:'m| am)? (?:get|getting|see|seeing) (?:a|an|this|the|these)? ?(?:[\\w-]+ ){0,3}(?:errors?|exceptions?|warnings?|crash)",
  ),
  says(
    "review",
    3,
    "review|code review|critique|audit|look over|check (?:this|my|the) (?:pr|diff|patch|change|changes|commit|branch|code|implementation)|give (?:me )?feedback|any (?:issues|problems|concerns|feedback)|is this (?:ok|okay|good|safe|correct|idiomatic|secure)|anything (?:wrong|missing)|do you see (?:any |a )?(?:problems?|issues?|risks?)|would you (?:approve|change|merge)|is (?:it|that) (?:ok|okay|good|bad|safe)|does this follow|uberprufe|relis|revisa|revise",
  ),
  says(
    "docs",
    3,
    "document|write (?:a |an |the |some |up )?(?:[\\w-]+ ){0,3}(?:docs?|documentation|readme|guide|tutorial|changelog|release notes|adr|runbook|blog post|comments?|docstrings?|announcement|email|commit message|description)|update (?:the )?(?:\\w+ )?(?:docs?|documentation|readme|changelog)|add (?:[\\w-]+ ){0,2}(?:docs?|docstrings?|comments?|jsdoc|javadoc)|draft|proofread|reword|rephrase|translate|summari[sz]e|dokumentiere|documente|documenta|schreibe? (?:[\\w-]+ ){0,3}(?:anleitung|doku|dokumentation|readme)|describe (?:every|each|all|the)|explain in (?:the|our|a) (?:[\\w-]+ ){0,3}(?:document|docs?|readme|guide|wiki)",
  ),
  says(
    "explore",
    3,
    "explain|how (?:does|do|is|are|did|can i see)|what (?:does|do|is|are|happens|would happen)|where (?:in|is|are|do|does|can|exactly)|is there (?:already |a |an |any |some )|does (?:the|this|it|our) (?:\\w+ ){1,3}(?:support|handle|use|allow)|can you tell me (?:whether|if|how|what|where)|which (?:file|files|module|function|class|package|service|part)|who calls|walk me through|show me (?:how|where|what)|tell me (?:about|how|what|where)|help me understand|describe how|list (?:all|every|the)|find (?:all|every|where|the)|search|give me an overview|erklare|wie funktioniert|was macht|wo (?:ist|wird|sind)|explique|que fait|qu'est.ce que|comment fonctionne|ou est|como funciona|que hace|donde|onde|spiega|leg uit",
  ),
  says(
    "plan",
    3,
    "plan|design|propose|outline|sketch|brainstorm|estimate|think (?:about|through)|how (?:should|would|could|might) (?:we|i|you)|what(?:'s| is| would be) (?:the )?(?:best|right|good|cleanest|a good) (?:way|approach|option|strategy|architecture)|should (?:we|i)|compare|help me (?:decide|choose|plan|think)|break (?:this|it|the \\w+) (?:down|into)|before (?:you |we )?(?:code|coding|start|starting|writ(?:e|ing)|chang(?:e|ing)|touch(?:ing)?)|which order|in (?:which|what) order|come up with|plane|entwirf|wie sollten wir|propose|planifie|planea|disena|planeje",
  ),
  says(
    "ops",
    3,
    "deploy|roll ?back|roll out|provision|restart|scale|ssh|set up (?:a |an |the )?(?:[\\w-]+ ){0,2}(?:server|cluster|monitoring|alerts?|alerting|dns|firewall|backup|backups|load balancer|ingress|vpn)|rotate|renew|deploye|despliega|deploie|implante",
  ),
  says(
    "build",
    3,
    "add (?:a |an |the )?(?:pre-commit|git|ci|build|lint|release) (?:hook|job|step|stage|task|workflow)|upgrade|bump|install|update (?:the )?(?:\\w+ )?(?:dependencies|dependency|deps|packages|lockfile|toolchain|eslint|node|python|gradle|typescript)|configure (?:the )?(?:\\w+ )?(?:eslint|prettier|webpack|vite|ci|linter|bundler|compiler|build)|set up (?:a |an |the )?(?:[\\w-]+ ){0,2}(?:ci|pipeline|github actions|eslint|prettier|linter|linting|pre-commit|husky|monorepo|bundler|vite|webpack|build)|pin|aktualisiere|mets a jour|actualiza",
  ),
  says(
    "data",
    3,
    "(?:write|create|add|generate) (?:a |an |the )?(?:[\\w-]+ ){0,2}migration|convert (?:the |this |these )?(?:csv|json|xml|excel|dump|data)|berechne|calcule|calcula|query|write (?:a |an |the |me )?(?:[\\w-]+ ){0,3}(?:sql|query|queries|etl)|backfill|import|export|load|migrate|analy[sz]e|plot|chart|aggregate|calculate|compute|count|scrape|parse|seed",
  ),
  says(
    "other",
    3,
    "hi|hello|hey|thanks|thank you|thx|yes|yep|yeah|no|nope|ok|okay|sure|go|go on|go ahead|continue|proceed|stop|wait|undo|cool|great|perfect|nice|lgtm|done|next|good morning|good job|danke|ja|nein|weiter|merci|oui|non|gracias|si|obrigado|sim|grazie|tell me a joke|write (?:me )?a (?:poem|haiku|song|story)",
  ),
];

/** Anywhere in the request. */
export const ANYWHERE: readonly Rule[] = [
  says(
    "feature",
    2,
    "new (?:feature|endpoint|page|button|command|option|setting|screen|field|route|component|api|tab|view|flag|mode)|feature request|user story|as a (?:user|admin|customer)|dark mode|so that (?:users|people|customers|admins|they)",
  ),
  says(
    "feature",
    1,
    "button|screen|endpoint|toggle|dropdown|form|modal|page|sidebar|notification|notifications|webhook|filter|pagination|upload|download|login|sign-?in|sign-?up",
  ),
  says(
    "bugfix",
    2,
    "bugs?|broken|regression|doesn'?t work|does not work|not working|no longer works?|stopped working|should (?:be|have been|show|return|say) .{1,60} (?:but|instead)|wrong(?:ly)?|incorrect(?:ly)?|off by one|typo|kaputt|fehler|funktioniert nicht|bogue|ne marche (?:pas|plus)|no funciona|erro|nao funciona",
  ),
  says(
    "bugfix",
    1,
    "crash(?:es|ed|ing)?|leaks?|race condition|fails?|issue|glitch|overlap(?:s|ping)?|duplicated?|twice|instead of",
  ),
  says(
    "refactor",
    2,
    "refactor(?:ing|ed)?|clean ?up|code smells?|duplicat(?:ion|ed code)|dead code|unused|readab(?:le|ility)|technical debt|tech debt|(?:without changing|same|no change of|no changes? (?:in|to)) (?:the )?(?:behaviou?r|semantics)|no functional changes?|into (?:its|their) own|into (?:a |an )?(?:separate|shared|smaller)|helper functions?|too (?:long|big|complex)|naming|single responsibility|god (?:class|object)",
  ),
  says("refactor", 1, "legacy|pattern|hooks|async/await|performance|faster|slow|memoi[sz]e|allocations?"),
  says(
    "test",
    2,
    "unit tests?|integration tests?|e2e tests?|end.to.end tests?|test cases?|test suite|regression tests?|snapshot tests?|property.based|coverage|flaky|fixtures?|fake timers|mocks?|stubs?|pytest|jest|vitest|junit|rspec|cypress|playwright|test plan",
  ),
  says("test", 1, "tests?|tests for|assert(?:s|ion|ions)?|specs?"),
  says(
    "debug",
    2,
    "stack ?trace|traceback|exception|segfault|panic|error (?:message|code|log|says)|root cause|what(?:'s| is) causing|can'?t figure out|no idea why|hangs?|deadlock|memory leak|undefined is not|null ?pointer|cannot read propert|enoent|econnrefused|typeerror|referenceerror|valueerror|keyerror|nameerror|core dump|intermittent(?:ly)?|sometimes|every few|randomly|freezes?|any idea|narrow (?:it|this) down|what went wrong|worked yesterday|out of memory|oom|breakpoint|heap dump",
  ),
  says(
    "debug",
    1,
    "errors?|logs?|timeouts?|times out|fail(?:s|ed|ing|ure)?|crash(?:es|ed)?|weird|strange|reproduce|unexpected(?:ly)?|nan",
  ),
  says(
    "review",
    2,
    "do you see any (?:problems?|issues?)|bad practice|second pair of eyes|pull request|code review|my (?:pr|diff|patch|branch|changes)|this (?:pr|diff|patch)|merge request|the diff|security (?:holes?|issues?|problems?|review|audit)|vulnerabilit(?:y|ies)|best practices?|before i merge|nitpicks?|feedback on|edge cases? (?:i|we) missed|does this look",
  ),
  says(
    "docs",
    2,
    "readme|documentation|docstrings?|changelog|release notes|tutorial|user guide|getting started|jsdoc|api docs|wiki|code comments?|commit message|pr description|runbook|contributing guide|wording|grammar|spelling|blog post",
  ),
  says("docs", 1, "docs?|comments?|markdown|paragraph|explain(?:s|ing) how to"),
  says(
    "explore",
    2,
    "how (?:it|this|that|the \\w+|they|these) works?|what (?:it|this|that|the \\w+) (?:does|means|is for)|difference between|understand|in this (?:repo|codebase|project)|call graph|data flow|where (?:it|this|that) (?:is|comes from|gets)|overview|purpose of|meaning of|what for",
  ),
  says(
    "plan",
    2,
    "plan|roadmap|architecture|trade-?offs?|pros and cons|approach(?:es)?|options|strategy|proposal|design doc|rfc|milestones?|estimate|don'?t (?:write|change|touch) (?:any )?code|no code yet|step by step|steps|alternatives?|phases?|high.level|versus|vs\\.?",
  ),
  says(
    "ops",
    2,
    "downtime|kubernetes|k8s|helm|terraform|ansible|nginx|apache|systemd|cron|staging|production|prod|cluster|pods?|ingress|load balancer|cloudflare|aws|gcp|azure|s3 bucket|iam|dns|ssl|tls|certificates?|grafana|prometheus|datadog|alert(?:s|ing)?|uptime|on-?call|incident|server|ssh|firewall|rollback|backups?|secrets? manager|vault|autoscal\\w*|deploy(?:ment|ments|ed|s|ing)?|docker.compose|disk (?:space|is full)",
  ),
  says(
    "build",
    2,
    "webpack|vite|rollup|esbuild|babel|tsconfig|eslint|prettier|gradle|maven|cmake|makefile|bazel|cargo|npm|yarn|pnpm|pip|poetry|package\\.json|lock ?file|dependenc(?:y|ies)|ci|ci/cd|github actions|gitlab|jenkins|circleci|pipeline|dockerfile|docker image|docker build|bundle(?:r|s| size)?|code splitting|multi-stage|linter|lint|pre-commit|monorepo|workspaces?|compiler|compile(?:s|d)?|build (?:time|fails?|is|script|error|step|cache)|tree.shaking|toolchain|version bump",
  ),
  says(
    "data",
    2,
    "sql|select|joins?|postgres(?:ql)?|mysql|sqlite|bigquery|snowflake|mongodb|dataframe|pandas|numpy|csv|parquet|jupyter|notebook|dataset|etl|schema|migrations?|tables?|columns?|rows?|index(?:es)? on|histogram|regression model|statistics|median|percentile|group by|cohort|spreadsheet|excel|per (?:day|week|month|customer|user|region)|dedupe|outliers?|train(?:ing)? (?:a|the|set|data)|model accuracy|embeddings",
  ),
  says("data", 1, "data|records?|report|metrics|average|total|json file|database"),
  says(
    "other",
    2,
    "thanks|thank you|joke|weather|recipe|birthday|lunch|how are you|who are you|what can you do|lottery|poem|haiku",
  ),
];

function says(category: Category, weight: 1 | 2 | 3, words: string): Rule {
  return { category, weight, pattern: new RegExp(`(?:^|[^a-z0-9])(?:${words})(?=$|[^a-z0-9])`) };
}
