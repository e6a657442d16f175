// Package faulty is a store that fails on request: a kvstore.Store around
// another one, for tests of what is built on stores.
//
// A Rule says which calls it hits, by method, key and number, and what becomes
// of them: a delay, a wait for the test, an error before or after the call took
// effect, a value that is cut. Nothing is random, so that a test fails the same
// way each time:
//
//	s := faulty.New(memory.New(), faulty.Rule{
//		Methods: faulty.Write, Key: "c/*", Skip: 2, Count: 1,
//		Err: syscall.ENOSPC,
//	})
//
// The first rule that hits a call decides. A store without rules behaves like
// its base and counts the calls.
package faulty
