// Package kvstoretest is the suite that every store passes: what the comments of
// kvstore.Store promise, as tests.
//
// A store's test file builds a Harness, new storage each time, and calls Run:
//
//	func TestStore(t *testing.T) {
//		kvstoretest.Run(t, func(t testing.TB) kvstoretest.Harness {
//			dir := t.TempDir()
//			return kvstoretest.Harness{
//				Open:     func(t testing.TB) kvstore.Store { return openIn(t, dir) },
//				Features: kvstoretest.All,
//			}
//		})
//	}
//
// Run goes through the suite three times: bare, with a prefix, and through the
// fault-injecting wrapper without faults. Features are powers that a store has;
// what is left out for the lack of one is logged. The suite knows no store by
// name: what is special about one is tested beside it.
package kvstoretest
