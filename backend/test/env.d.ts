/** What the Worker tests find in `env`: both Workers' bindings and the migrations. */
declare namespace Cloudflare {
  interface Env extends ApiBindingsForTests, ConsumerBindingsForTests {
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}

type ApiBindingsForTests = import("../env.ts").ApiBindings;
type ConsumerBindingsForTests = import("../env.ts").ConsumerBindings;
